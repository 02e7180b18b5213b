/*
 * base/base.h: what every file of Signet may use without thinking.
 *
 * Results: functions that can fail return `struct status`, which the compiler
 * does not let you ignore; why they failed stands in the `struct err` that the
 * caller passed (base/err.h). Outputs are called ret_... and are untouched on
 * failure, unless a header says otherwise.
 *
 * Memory: mem_alloc() and friends never return NULL. Every size that a stranger
 * can influence is bounded before it gets here, so failure means that the
 * machine is out of memory: the process says so and aborts. Whatever was
 * acknowledged is already durable; a supervisor starts the process anew.
 */
#ifndef SIGNET_BASE_BASE_H
#define SIGNET_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE     __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Results that cannot be ignored. Clang takes the attribute on the type, and so holds every
 * function that returns it to it; gcc knows it on functions only. `make lint` runs clang over the
 * sources.
 */
#ifdef __clang__
#define MUST_USE_TYPE MUST_USE
#else
#define MUST_USE_TYPE
#endif
struct MUST_USE_TYPE status {
	bool ok;
};

#define STATUS_OK     ((struct status){true})
#define STATUS_FAILED ((struct status){false})

/* Return a failure to the caller, as it is. AUTO objects are cleaned up. */
#define TRY(call)                                   \
	do {                                        \
		struct status try_status_ = (call); \
		if (!try_status_.ok)                \
			return try_status_;         \
	} while (0)

/*
 * Cleanup at scope end. Three shapes:
 *   AUTO(buf) b = {0};              a struct by value; buf_auto(&b) is called
 *   AUTO_REF(db) db = NULL;         a pointer to one of our structs (DEFINE_AUTO_REF)
 *   AUTO_PTR(EVP_PKEY) key = NULL;  a pointer to a library's type (DEFINE_AUTO_PTR)
 */
#define AUTO(tag)      __attribute__((cleanup(tag##_auto))) struct tag
#define AUTO_REF(tag)  __attribute__((cleanup(tag##_auto_ref))) struct tag *
#define AUTO_PTR(type) __attribute__((cleanup(type##_auto_ptr))) type *

#define DEFINE_AUTO_REF(tag, free_fn)                     \
	static inline void tag##_auto_ref(struct tag **p) \
	{                                                 \
		if (*p)                                   \
			free_fn(*p);                      \
	}
#define DEFINE_AUTO_PTR(type, free_fn)               \
	static inline void type##_auto_ptr(type **p) \
	{                                            \
		if (*p)                              \
			free_fn(*p);                 \
	}

/* Hand an AUTO pointer over to a new owner: the old name becomes NULL. */
#define TAKE(pointer)                                  \
	__extension__({                                \
		__typeof__(pointer) take_ = (pointer); \
		(pointer) = NULL;                      \
		take_;                                 \
	})

void *mem_alloc(size_t n);                  /* zeroed; n may be 0 */
void *mem_array(size_t count, size_t size); /* zeroed, overflow checked */
void *mem_grow(void *p, size_t n);          /* realloc; new bytes are not zeroed */
char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t n);

#endif
