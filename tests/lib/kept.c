#include "tests/lib/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "tests/lib/program.h"

static bool kept_path(const char *name, char *path, size_t size)
{
	const char *place = getenv("SIGNET_TEST_PLACE");

	if (!place || !place[0])
		return false;
	snprintf(path, size, "%s/kept-%s", place, name);
	return true;
}

bool kept_take(const char *name, const char *directory)
{
	char path[256], all[264];
	struct stat there;

	if (!kept_path(name, path, sizeof(path)) || stat(path, &there) != 0)
		return false;
	snprintf(all, sizeof(all), "%s/.", path);
	program_must(NULL, "cp", "-a", "--", all, directory, NULL);
	return true;
}

void kept_put(const char *name, const char *directory)
{
	char path[256], mine[280];

	if (!kept_path(name, path, sizeof(path)))
		return;
	snprintf(mine, sizeof(mine), "%s.%ld", path, (long)getpid());
	program_must(NULL, "cp", "-a", "--", directory, mine, NULL);
	if (rename(mine, path) != 0)
		program_must(NULL, "rm", "-rf", "--", mine, NULL);
}

static FILE *open_beside(const char *directory, const char *name, const char *end, const char *mode)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s%s", directory, name, end);
	f = fopen(path, mode);
	if (!f) {
		perror(path);
		exit(99);
	}
	return f;
}

void kept_authority_write(const struct pki_authority *a, const char *directory, const char *name)
{
	FILE *certificate = open_beside(directory, name, ".pem", "w");
	FILE *key = open_beside(directory, name, ".key", "w");

	if (PEM_write_X509(certificate, a->certificate) != 1 ||
	    PEM_write_PrivateKey(key, a->key, NULL, NULL, 0, NULL, NULL) != 1)
		exit(99);
	fclose(certificate);
	fclose(key);
}

struct pki_authority kept_authority_read(const char *directory, const char *name)
{
	FILE *certificate = open_beside(directory, name, ".pem", "r");
	FILE *key = open_beside(directory, name, ".key", "r");
	struct pki_authority a = {.certificate = PEM_read_X509(certificate, NULL, NULL, NULL),
	    .key = PEM_read_PrivateKey(key, NULL, NULL, NULL)};

	if (!a.certificate || !a.key)
		exit(99);
	fclose(certificate);
	fclose(key);
	return a;
}
