// SPDX-License-Identifier: GPL-2.0-only
/* specc OUTDIR FILE.spec... writes rules.c, ids.h and probes.h into OUTDIR; `specc --check FILE.spec...` only reads. */
#include <errno.h>
#include <string.h>

#include "specc.h"

static int write_file(const struct spec *spec, const char *dir, const char *name,
		      void (*emit)(const struct spec *spec, FILE *out))
{
	char *path = format("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (!f) {
		fprintf(stderr, "specc: %s cannot be written: %s\n", path, strerror(errno));
		return 1;
	}
	emit(spec, f);
	if (fclose(f)) {
		fprintf(stderr, "specc: %s cannot be written: %s\n", path, strerror(errno));
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct spec spec = {0};

	if (argc < 3) {
		fputs("usage: specc OUTDIR|--check FILE.spec...\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		spec__parse_file(&spec, argv[i]);
	spec__resolve(&spec);
	if (!strcmp(argv[1], "--check"))
		return 0;
	return write_file(&spec, argv[1], "rules.c", emit_tables) | write_file(&spec, argv[1], "ids.h", emit_ids) |
	       write_file(&spec, argv[1], "probes.h", emit_probes);
}
