/* sql/certificate_use_internal.h: the columns that say whose certificate it is. */
#ifndef SIGNET_SQL_CERTIFICATE_USE_INTERNAL_H
#define SIGNET_SQL_CERTIFICATE_USE_INTERNAL_H

#include "sql/certificate_use.h"
#include "sql/db_internal.h"

#define CERTIFICATE_USE_COLUMNS 10

/* From the first row, whose first columns are those of certificate_use_look.sql. */
void certificate_use_of(
    const struct sql_result *r, struct arena *arena, struct certificate_use_row *ret_row);

#endif
