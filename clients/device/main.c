/* clients/device/main.c: signet-device. */
#include <signal.h>

#include <curl/curl.h>

#include "clients/device/cli.h"

int main(int argc, char **argv)
{
	int code;

	signal(SIGPIPE, SIG_IGN); /* a server that goes away is an error, not our end */
	curl_global_init(CURL_GLOBAL_DEFAULT);
	code = device_cli(argc, argv, stdout, stderr);
	curl_global_cleanup();
	return code;
}
