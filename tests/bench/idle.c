/* Memory of the server that holds 1,000 idle TLS connections, each of which has made one request.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"

#define CONNECTIONS 1000

void bench_idle(struct bench *b)
{
	struct https *open = mem_array(CONNECTIONS, sizeof(*open));
	struct https_options o = {
	    .port = b->fixture.servers[0].device_port, .trusted = b->fixture.root};
	SSL_CTX *context = https_context(&o);
	o.shared = context;
	for (int i = 0; i < CONNECTIONS; i++) {
		struct https_reply reply = {0};
		if (!https_open(&o, &open[i]) ||
		    !https_request(
			&open[i], "GET", "/.well-known/est/cacerts", NULL, SPAN_NONE, &reply) ||
		    reply.status != 200) {
			fprintf(stderr, "bench: idle connection %d failed\n", i);
			exit(1);
		}
		https_reply_free(&reply);
	}
	bench_result(
	    b, "rss_idle_1000_mb", process_rss_mb(b->fixture.servers[0].pid), "MB resident");
	for (int i = 0; i < CONNECTIONS; i++)
		https_close(&open[i]);
	SSL_CTX_free(context);
	free(open);
}
