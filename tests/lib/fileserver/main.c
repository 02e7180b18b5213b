/* tests/lib/fileserver/main.c: fileserver DIR [PORT]: serve files on loopback until it is killed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/files.h"

int main(int argc, char **argv)
{
	struct files f = {.directory = argc > 1 ? argv[1] : "."};

	files_start(&f, argc > 2 ? atoi(argv[2]) : 0);
	printf("%s\n", f.url);
	fflush(stdout);
	pthread_join(f.thread, NULL);
	return 0;
}
