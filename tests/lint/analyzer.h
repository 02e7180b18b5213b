/*
 * tests/lint/analyzer.h: what clang's analyzer cannot see from one file, for `make lint` alone.
 *
 * Every err_*() and doc_fail() returns failure, always; without that knowledge the analyzer follows
 * paths on which a refused call seems to have succeeded, and calls its outputs garbage. base/err.c
 * and base/doc.c are not checked with it.
 */
#include "base/doc.h"
#include "base/err.h"

void err_ignore(const void *first, ...);

#define err_set(...)    (err_ignore(__VA_ARGS__), STATUS_FAILED)
#define err_refuse(...) (err_ignore(__VA_ARGS__), STATUS_FAILED)
#define err_errno(...)  (err_ignore(__VA_ARGS__), STATUS_FAILED)
#define err_crypto(...) (err_ignore(__VA_ARGS__), STATUS_FAILED)
#define doc_fail(...)   (err_ignore(__VA_ARGS__), STATUS_FAILED)
