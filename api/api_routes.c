/* api/api_routes.c: the API, as one table: it dispatches, authorises, binds and documents. */
#include "api/perform.h"
#include "api/problem.h"

const struct route api_routes[] = {
    {.path = NULL},
};
