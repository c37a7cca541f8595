// SPDX-License-Identifier: GPL-2.0-only
/* render DIRECTORY - writes the page and the metrics of an audit that is made up, to be looked at. */
#include <stdlib.h>
#include <string.h>

#include "made_up.h"
#include "page.h"

static FILE *create(const char *dir, const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static void finish(FILE *f, int err, const char *what)
{
	if (fclose(f) || err) {
		fprintf(stderr, "render: %s could not be written: %s\n", what, strerror(-err));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static const char *const names[2][2] = {{"broken.html", "broken.prom"}, {"healthy.html", "healthy.prom"}};

	if (argc != 2) {
		fputs("usage: render DIRECTORY\n", stderr);
		return 2;
	}
	for (int healthy = 0; healthy < 2; healthy++) {
		const struct stream *s = (const struct stream *)&made_up;
		struct metrics *m;
		FILE *f;

		made_up__reset(healthy);
		if (metrics__open(&m))
			return 1;
		f = create(argv[1], names[healthy][0]);
		finish(f, page__write(&made_up.audit, &made_up.state, s, 0, f), names[healthy][0]);
		f = create(argv[1], names[healthy][1]);
		finish(f, metrics__write(m, &made_up.audit, &made_up.state, false, f), names[healthy][1]);
		metrics__free(m);
	}
	return 0;
}
