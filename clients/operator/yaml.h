/* clients/operator/yaml.h: JSON values as YAML for people, such that it reads back as the same. */
#ifndef SIGNET_OPERATOR_YAML_H
#define SIGNET_OPERATOR_YAML_H

#include <jansson.h>

#include "base/span.h"

/*
 * Append block style, each line indented by `indent` blanks. Text that YAML could take for
 * something else stands in double quotes, escaped; so nothing of it is unfit for a terminal.
 */
void yaml_put(const json_t *value, size_t indent, struct buf *out);
/* Append one scalar, or an empty list or map, on one line. */
void yaml_put_scalar(const json_t *value, struct buf *out);

#endif
