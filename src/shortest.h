/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers in few digits that read back as the same double; with a point, whatever the locale has. */
#ifndef VFSLOCK_SHORTEST_H
#define VFSLOCK_SHORTEST_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST_LEN 64

/* Whatever the locale's decimal separator is, of one byte or several, make it a point. */
static inline void shortest__delocalise(char *s)
{
	static const char plain[] = "0123456789+-eE";
	char *sep = s + strspn(s, plain);
	char *rest = sep;

	while (*rest && !strchr(plain, *rest))
		rest++;
	if (rest == sep)
		return;
	*sep = '.';
	memmove(sep + 1, rest, strlen(rest) + 1);
}

/* @value, which must be finite, into @buf of SHORTEST_LEN bytes. Returns @buf. */
static inline const char *shortest__double(char *buf, double value)
{
	/* 17 digits always read back as the same double, but make 0.1 ugly. */
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(buf, SHORTEST_LEN, "%.*g", precision, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	shortest__delocalise(buf);
	return buf;
}

#endif
