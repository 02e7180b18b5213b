/* Keys that are open, by name and file: a policy reload need not decrypt them all again. */
#include "hsm/hsm_internal.h"

#include <stdlib.h>
#include <string.h>

struct opened {
	pthread_mutex_t lock;
	size_t refs; /* its hsm and its keys: handles may outlive the hsm */
	struct hsm_key *first;
};

struct opened *opened_new(void)
{
	struct opened *o = mem_alloc(sizeof(*o));
	pthread_mutex_init(&o->lock, NULL);
	o->refs = 1;
	return o;
}

void opened_release(struct opened *o)
{
	pthread_mutex_lock(&o->lock);
	bool last = --o->refs == 0;
	pthread_mutex_unlock(&o->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&o->lock);
	free(o);
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The time of change beside that of modification, which anybody who may write can set. */
static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       same_time(a->st_mtim, b->st_mtim) && same_time(a->st_ctim, b->st_ctim);
}

struct hsm_key *opened_find(struct opened *o, const char *name, const struct stat *file)
{
	pthread_mutex_lock(&o->lock);
	struct hsm_key *k = o->first;
	while (k && (strcmp(k->name, name) != 0 || !same_file(&k->file, file)))
		k = k->next;
	if (k)
		k->refs++;
	pthread_mutex_unlock(&o->lock);
	return k;
}

void opened_add(struct opened *o, struct hsm_key *k, const char *name, const struct stat *file)
{
	k->name = mem_strdup(name);
	k->file = *file;
	k->refs = 1;
	k->opened = o;
	pthread_mutex_lock(&o->lock);
	k->next = o->first;
	o->first = k;
	o->refs++;
	pthread_mutex_unlock(&o->lock);
}

static void take_out(struct opened *o, const struct hsm_key *k)
{
	struct hsm_key **at = &o->first;
	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
}

bool opened_drop(struct hsm_key *k)
{
	struct opened *o = k->opened;
	if (!o)
		return true;
	pthread_mutex_lock(&o->lock);
	bool last = --k->refs == 0;
	if (last)
		take_out(o, k);
	pthread_mutex_unlock(&o->lock);
	if (!last)
		return false;
	free(k->name);
	opened_release(o);
	return true;
}
