// SPDX-License-Identifier: GPL-2.0-only
#include "suppress.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400
#define BLANKS " \t"

struct suppressions {
	struct suppression *of;
	int n;
};

/* "2027-01-31" -> the end of that day; "never" -> 0. */
static int parse_expiry(const char *word, time_t *out)
{
	int year, month, day;
	char again[40];
	struct tm tm;
	time_t end;

	if (!strcmp(word, "never")) {
		*out = 0;
		return 0;
	}
	if (sscanf(word, "%4d-%2d-%2d", &year, &month, &day) != 3 || year < 0)
		return -EINVAL;
	tm = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	end = timegm(&tm) + DAY;
	*out = end > 0 ? end : 1; /* 0 is never */
	/* timegm() makes the 2nd of March of the 30th of February, and sscanf() a date of "27-1-31". */
	snprintf(again, sizeof(again), "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	return strcmp(again, word) ? -EINVAL : 0;
}

/* Copies the word that *@at begins with, and skips it and the blanks behind it. -E2BIG: it does not fit. */
static int take_word(char **at, char *out, size_t room)
{
	size_t n = strcspn(*at, BLANKS);

	if (n >= room)
		return -E2BIG;
	memcpy(out, *at, n);
	out[n] = '\0';
	*at += n;
	*at += strspn(*at, BLANKS);
	return 0;
}

static int parse_line(char *line, struct suppression *s, const char **wrong)
{
	char expiry[32];

	*wrong = "the pattern is too long: rules have up to 127 characters, functions up to 63";
	if (take_word(&line, s->rule, sizeof(s->rule)) || take_word(&line, s->function, sizeof(s->function)))
		return -EINVAL;
	*wrong = "the third word is the last day on which it is in force, YYYY-MM-DD, or 'never'";
	if (take_word(&line, expiry, sizeof(expiry)))
		return -EINVAL;
	if (!*expiry) {
		*wrong = "give RULE FUNCTION EXPIRY REASON, like: inode_operations.create.* ext4_create 2027-01-31 "
			 "bug 1234";
		return -EINVAL;
	}
	if (parse_expiry(expiry, &s->expires))
		return -EINVAL;
	if (!*line) {
		*wrong = "say why in the words after the expiry";
		return -EINVAL;
	}
	s->reason = strdup(line);
	*wrong = "no memory";
	return s->reason ? 0 : -ENOMEM;
}

static int add_line(struct suppressions *all, const char *path, char *line, int number)
{
	struct suppression s = {.line = number};
	const char *wrong;
	void *p;
	int err;

	line[strcspn(line, "\r\n")] = '\0';
	line += strspn(line, BLANKS);
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
	err = first;
	if (!err && !feof(f)) {
		err = -errno;
		fprintf(stderr, "vfslock: %s: %s\n", path, strerror(-err));
	}
	free(line);
	fclose(f);
	if (err)
		suppressions__free(all);
	else
		*out = all;
	return err;
}

bool suppressions__change(const struct suppressions *s, time_t then, time_t now)
{
	for (int i = 0; s && i < s->n; i++)
		if (s->of[i].expires && (s->of[i].expires <= then) != (s->of[i].expires <= now))
			return true;
	return false;
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
