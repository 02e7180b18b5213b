/* sql/list.h: where a list goes on. */
#ifndef SIGNET_SQL_LIST_H
#define SIGNET_SQL_LIST_H

#include "base/base.h"

/* Behind which row; {0, 0}: from the start. */
struct list_place {
	int64_t
	    major; /* what the order is by before the id: a time, or a device; 0: the id alone */
	int64_t id;
};
/* A page with `more` may hold fewer rows than were asked for: what it was looked for among is
 * bounded. */
struct list_next {
	bool more;
	struct list_place place;
};

#endif
