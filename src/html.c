// SPDX-License-Identifier: GPL-2.0-only
#include "html.h"

#include <stdarg.h>
#include <string.h>

#include "utf8.h"

static const char *entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f ? UTF8_REPLACEMENT : NULL;
	}
}

void html__text(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t len = utf8__len(s);
		const char *instead = len ? entity(*s) : UTF8_REPLACEMENT;

		if (instead)
			fputs(instead, out);
		else
			fwrite(s, 1, len, out);
		s += len ? len : 1;
	}
}

/* One conversion: @spec is "%", its length @n. */
static void print_number(FILE *out, const char *spec, size_t n, va_list *ap)
{
	char one[16] = "";

	memcpy(one, spec, n < sizeof(one) ? n : sizeof(one) - 1);
	if (strstr(one, "ll"))
		fprintf(out, one, va_arg(*ap, unsigned long long));
	else if (strchr(one, 'z'))
		fprintf(out, one, va_arg(*ap, size_t));
	else if (strchr(one, 'f'))
		fprintf(out, one, va_arg(*ap, double));
	else
		fprintf(out, one, va_arg(*ap, unsigned int));
}

void html__printf(FILE *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	while (*fmt) {
		size_t n = strcspn(fmt, "%");

		fwrite(fmt, 1, n, out);
		fmt += n;
		if (!*fmt)
			break;
		n = 1 + strspn(fmt + 1, "0123456789.lz") + 1;
		switch (fmt[n - 1]) {
		case 's':
			html__text(out, va_arg(ap, const char *));
			break;
		case '%':
			fputc('%', out);
			break;
		case 'd':
		case 'u':
		case 'f':
			print_number(out, fmt, n, &ap);
			break;
		default:
			n = 1;
			fputc('%', out);
		}
		fmt += n;
	}
	va_end(ap);
}
