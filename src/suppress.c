// SPDX-License-Identifier: GPL-2.0-only
#include "suppress.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400

struct suppressions {
	struct suppression *of;
	int n;
};

/* "2027-01-31" -> the end of that day; "never" -> 0. */
static int parse_expiry(const char *word, time_t *out)
{
	struct tm tm = {0}, again;
	int year, month, day, end = 0;

	if (!strcmp(word, "never")) {
		*out = 0;
		return 0;
	}
	if (sscanf(word, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 || word[end])
		return -EINVAL;
	tm = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	again = tm;
	*out = timegm(&again) + DAY;
	/* timegm() makes the 2nd of March of the 30th of February. */
	return again.tm_mday == tm.tm_mday && again.tm_mon == tm.tm_mon ? 0 : -EINVAL;
}

static int parse_line(char *line, struct suppression *s, const char **wrong)
{
	char expiry[32];
	int reason = 0;

	*wrong = "give RULE FUNCTION EXPIRY REASON, like: inode_operations.create.* ext4_create 2027-01-31 bug 1234";
	if (sscanf(line, "%127s %63s %31s %n", s->rule, s->function, expiry, &reason) != 3 || !reason)
		return -EINVAL;
	if (!line[reason]) {
		*wrong = "say why in the words after the expiry";
		return -EINVAL;
	}
	if (parse_expiry(expiry, &s->expires)) {
		*wrong = "the third word is the last day on which it is in force, YYYY-MM-DD, or 'never'";
		return -EINVAL;
	}
	s->reason = strdup(line + reason);
	return s->reason ? 0 : -ENOMEM;
}

static int add_line(struct suppressions *all, const char *path, char *line, int number)
{
	struct suppression s = {.line = number};
	const char *wrong;
	void *p;
	int err;

	line[strcspn(line, "\r\n")] = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	err = parse_line(line, &s, &wrong);
	if (err) {
		fprintf(stderr, "vfslock: %s:%d: %s\n", path, number, wrong);
		return err;
	}
	p = realloc(all->of, (size_t)(all->n + 1) * sizeof(*all->of));
	if (!p) {
		free(s.reason);
		return -ENOMEM;
	}
	all->of = p;
	all->of[all->n++] = s;
	if (s.expires && s.expires <= time(NULL))
		fprintf(stderr, "vfslock: %s:%d: has expired: %s is told again\n", path, number, s.rule);
	return 0;
}

int suppressions__load(const char *path, struct suppressions **out)
{
	struct suppressions *all = calloc(1, sizeof(*all));
	FILE *f = all ? fopen(path, "re") : NULL;
	char *line = NULL;
	size_t room = 0;
	int number = 0, err = 0, first = 0;

	if (!f) {
		err = all ? -errno : -ENOMEM;
		fprintf(stderr, "vfslock: %s: %s\n", path, strerror(-err));
		free(all);
		return err;
	}
	while (getline(&line, &room, f) > 0) {
		err = add_line(all, path, line, ++number);
		first = first ? first : err;
	}
	err = first ? first : ferror(f) ? -EIO : 0;
	free(line);
	fclose(f);
	if (err)
		suppressions__free(all);
	else
		*out = all;
	return err;
}

void suppressions__free(struct suppressions *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->n; i++)
		free(s->of[i].reason);
	free(s->of);
	free(s);
}

static bool on_path(const char *pattern, const char *const *functions, int n)
{
	for (int i = 0; i < n; i++)
		if (!fnmatch(pattern, functions[i], 0))
			return true;
	return false;
}

const struct suppression *suppressions__find(const struct suppressions *s, const char *rule,
					     const char *const *functions, int n, time_t now)
{
	for (int i = 0; s && i < s->n; i++)
		if ((!s->of[i].expires || s->of[i].expires > now) && !fnmatch(s->of[i].rule, rule, 0) &&
		    on_path(s->of[i].function, functions, n))
			return &s->of[i];
	return NULL;
}

int suppressions__count(const struct suppressions *s)
{
	return s ? s->n : 0;
}
