/* clients/operator/main.c: signet. */
#include <signal.h>

#include <curl/curl.h>

#include "clients/operator/cli.h"

int main(int argc, char **argv)
{
	struct operator_io io = {stdin, stdout, stderr};
	int code;

	signal(SIGPIPE, SIG_IGN); /* a server or reader that goes away is an error, not our end */
	curl_global_init(CURL_GLOBAL_DEFAULT);
	code = operator_cli(argc, argv, &io);
	curl_global_cleanup();
	return code;
}
