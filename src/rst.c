/* SPDX-License-Identifier: GPL-2.0-only */
/* Reader of locking.rst: sections, prototypes, rules; see rst.h. Tables are in rst_table.c, words in rst_words.c. */
#include "rst.h"
#include "rst_parser.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define TAB 8

const char *rst_parser__line(const struct rst_parser *p, int i)
{
	return i < p->n_lines ? p->lines[i] : "";
}

void *rst_parser__add(struct rst_parser *p, int i, void *array, int *n, size_t size)
{
	char **base = array, *more;

	if (*n >= RST_MAX_ITEMS) {
		if (i >= 0 && !p->full) {
			p->full = true;
			rst_parser__problem(p, i, 0, "more than %d items of a kind: the rest is not read",
					    RST_MAX_ITEMS);
		}
		return NULL;
	}
	if (p->err)
		return NULL;
	if (!(*n & (*n - 1))) {
		more = realloc(*base, (*n ? 2 * (size_t)*n : 1) * size);
		if (!more) {
			p->err = -ENOMEM;
			return NULL;
		}
		*base = more;
	}
	memset(*base + (size_t)*n * size, 0, size);
	return *base + (size_t)(*n)++ * size;
}

void rst_parser__problem(struct rst_parser *p, int i, int col, const char *fmt, ...)
{
	struct rst_problem *problem;
	va_list args;

	p->doc->more_problems |= p->doc->n_problems == RST_MAX_ITEMS;
	problem = rst_parser__add(p, -1, &p->doc->problems, &p->doc->n_problems, sizeof(*problem));
	if (!problem)
		return;
	problem->line = i + 1;
	problem->column = col + 1;
	va_start(args, fmt);
	if (vasprintf(&problem->what, fmt, args) < 0) {
		problem->what = NULL;
		p->err = -ENOMEM;
	}
	va_end(args);
}

char *rst_parser__copy(struct rst_parser *p, struct rst_span span)
{
	char *copy = strndup(span.text, (size_t)span.len);

	if (!copy)
		p->err = -ENOMEM;
	return copy;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The column behind the character @c at @col. What continues a UTF-8 character takes no room. */
static int advance(int col, char c)
{
	if (c == '\t')
		return (col / TAB + 1) * TAB;
	return col + (((unsigned char)c & 0xc0) != 0x80);
}

int rst_parser__split(struct rst_parser *p, const char *line, struct rst_word **words)
{
	int n = 0, cap = 0, col = 0;
	const char *s = line;

	*words = NULL;
	while (*s) {
		const char *gap = s, *start;
		struct rst_word *more;
		bool tab = false;

		for (; is_blank(*s); s++) {
			tab |= *s == '\t';
			col = advance(col, *s);
		}
		if (!*s)
			break;
		if (n == cap) {
			cap = cap ? 2 * cap : 16;
			more = realloc(*words, (size_t)cap * sizeof(**words));
			if (!more) {
				p->err = -ENOMEM;
				return 0;
			}
			*words = more;
		}
		start = s;
		(*words)[n] = (struct rst_word){.col = col, .apart = tab || s - gap > 1};
		while (*s && !is_blank(*s))
			col = advance(col, *s++);
		(*words)[n].span = (struct rst_span){.text = start, .len = (int)(s - start)};
		(*words)[n++].end = col;
	}
	return n;
}

int rst_line__indent(const char *line)
{
	int col = 0;

	for (; is_blank(*line); line++)
		col = advance(col, *line);
	return col;
}

bool rst_line__is_blank(const char *line)
{
	return !line[strspn(line, " \t")];
}

bool rst_line__is_border(const char *line)
{
	return *line == '=' && !line[strspn(line, "= \t")] && strchr(line + strcspn(line, " \t"), '=');
}

bool rst_line__is_row(const char *line)
{
	int n = rst_name__len(line);

	if (!n)
		return false;
	if (line[n] == ':')
		return !line[n + 1] || line[n + 1] == '\t' || (line[n + 1] == ' ' && is_blank(line[n + 2]));
	return line[n] == '\t' || (line[n] == ' ' && is_blank(line[n + 1]) && !rst_line__is_blank(line + n));
}

/* The length of the valid UTF-8 sequence at @s, of @len bytes; 0 if it is none. */
static size_t utf8_len(const unsigned char *s, size_t len)
{
	static const unsigned int least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned int cp;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	cp = s[0] & (0xffU >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	return cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000) ? 0 : n;
}

/* Make a line clean: '?' for what is no text, which is reported once. Trailing blanks go. */
static void clean_line(struct rst_parser *p, int i, char *s, size_t len)
{
	const char *what = NULL;
	int col = 0, bad = 0;
	size_t at, n;

	while (len && (is_blank(s[len - 1]) || s[len - 1] == '\r'))
		len--;
	for (at = 0; at < len; at += n) {
		n = utf8_len((unsigned char *)s + at, len - at);
		if (n == 1 && strchr("\r\f\v", s[at]) && s[at])
			s[at] = ' ';
		if (!n || (n == 1 && iscntrl((unsigned char)s[at]) && s[at] != '\t')) {
			if (!what)
				bad = col;
			if (!what)
				what = n ? "a control character" : "not UTF-8";
			s[at] = '?';
			n = n ? n : 1;
		}
		col = advance(col, s[at]);
	}
	s[len] = '\0';
	if (what)
		rst_parser__problem(p, i, bad, "%s", what);
}

static int split_lines(struct rst_parser *p, const char *text, size_t len)
{
	size_t at, end, count = 1;

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	for (at = 0; at < len; at++)
		count += text[at] == '\n';
	p->text = malloc(len + 1);
	p->lines = calloc(count, sizeof(*p->lines));
	if (!p->text || !p->lines)
		return -ENOMEM;
	if (len)
		memcpy(p->text, text, len);
	for (at = 0; at < len && !p->err; at = end + 1) {
		char *newline = memchr(p->text + at, '\n', len - at);

		end = newline ? (size_t)(newline - p->text) : len;
		p->lines[p->n_lines] = p->text + at;
		clean_line(p, p->n_lines, p->text + at, end - at);
		p->n_lines++;
	}
	return p->err;
}

/* A line of one and the same punctuation character, three at least; that character. */
static char adornment(const char *line)
{
	size_t n = strlen(line);

	if (n < 3 || !strchr("=-~^*`\"#+", *line))
		return '\0';
	while (--n) {
		if (line[n] != *line)
			return '\0';
	}
	return *line;
}

/* "------- dentry_operations ------": the title between the dashes. */
static bool dashed_title(const char *line, struct rst_span *title)
{
	size_t left = strspn(line, "-"), right = strlen(line);

	while (right > left && line[right - 1] == '-')
		right--;
	if (left < 3 || strlen(line) - right < 3 || !is_blank(line[left]) || !is_blank(line[right - 1]))
		return false;
	while (is_blank(line[left]))
		left++;
	while (right > left && is_blank(line[right - 1]))
		right--;
	*title = (struct rst_span){.text = line + left, .len = (int)(right - left)};
	return right > left;
}

int rst_parser__title(const struct rst_parser *p, int i, struct rst_span *title)
{
	const char *line = rst_parser__line(p, i), *next = rst_parser__line(p, i + 1);

	if (dashed_title(line, title))
		return 1;
	if (adornment(line) && *next && !adornment(next) && adornment(rst_parser__line(p, i + 2)) == *line) {
		next += strspn(next, " \t");
		*title = (struct rst_span){.text = next, .len = (int)strlen(next)};
		return *next ? 3 : 0;
	}
	if (!*line || is_blank(*line) || adornment(line) || rst_line__is_border(line) || !adornment(next))
		return 0;
	*title = (struct rst_span){.text = line, .len = (int)strlen(line)};
	return 2;
}

static struct rst_section *start_section(struct rst_parser *p, int i, struct rst_span title)
{
	static const char suffix[] = " operations";
	int len = (int)strlen(suffix);
	struct rst_section *section;

	section = rst_parser__add(p, i, &p->doc->sections, &p->doc->n_sections, sizeof(*section));
	if (!section)
		return NULL;
	if (title.len > len && !strncasecmp(title.text + title.len - len, suffix, (size_t)len))
		title.len -= len;
	if (title.len > 7 && !strncmp(title.text, "struct ", 7)) {
		title.text += 7;
		title.len -= 7;
	}
	section->line = i + 1;
	section->ops = rst_parser__copy(p, title);
	return section;
}

/* "(*name)" followed by arguments, from *@s on; the name. */
static bool next_method(const char **s, struct rst_span *name)
{
	const char *p;
	int n;

	for (p = strchr(*s, '('); p; p = strchr(p + 1, '(')) {
		const char *q = p + 1;

		q += strspn(q, " \t");
		if (*q++ != '*')
			continue;
		q += strspn(q, " \t");
		n = rst_name__len(q);
		*name = (struct rst_span){.text = q, .len = n};
		q += n;
		q += strspn(q, " \t");
		if (!n || *q++ != ')')
			continue;
		q += strspn(q, " \t");
		if (*q != '(')
			continue;
		*s = q;
		return true;
	}
	return false;
}

/* One declaration, or several between semicolons, at line @i. */
static void parse_prototype(struct rst_parser *p, int i, struct rst_section *section)
{
	const char *s = rst_parser__line(p, i);
	struct rst_text *method;
	struct rst_span name;

	s += strspn(s, " \t");
	if (!strncmp(s, "/*", 2))
		return;
	if (!next_method(&s, &name)) {
		rst_parser__problem(p, i, rst_line__indent(rst_parser__line(p, i)), "no prototype of a method");
		return;
	}
	do {
		method = rst_parser__add(p, i, &section->methods, &section->n_methods, sizeof(*method));
		if (!method)
			return;
		method->line = i + 1;
		method->text = rst_parser__copy(p, name);
		s = strchr(s, ';');
	} while (s && next_method(&s, &name));
}

/*
 * The block after "prototypes::" at line @i. A line that is indented more than the first continues
 * the one before it, unless that ended with a semicolon.
 */
static int parse_prototypes(struct rst_parser *p, int i, struct rst_section *section)
{
	int base = 0, indent;
	bool complete = true;
	const char *line;

	for (i++; i < p->n_lines && !p->err; i++) {
		line = rst_parser__line(p, i);
		if (rst_line__is_blank(line))
			continue;
		indent = rst_line__indent(line);
		if (!indent)
			break;
		if (!base)
			base = indent;
		if (indent <= base || complete)
			parse_prototype(p, i, section);
		complete = strchr(line, ';') != NULL;
	}
	if (!base)
		rst_parser__problem(p, i - 1, 0, "nothing is indented after 'prototypes'");
	return i;
}

/* The paragraph after "locking rules:", unless that is a table. */
static int parse_rules(struct rst_parser *p, int i, struct rst_section *section)
{
	struct rst_rule_meaning meaning = {0};
	struct rst_text *rule;
	struct rst_span title;
	const char *line;

	for (i++; i < p->n_lines && rst_line__is_blank(rst_parser__line(p, i)); i++)
		;
	for (; i < p->n_lines && !p->err; i++) {
		line = rst_parser__line(p, i);
		if (rst_line__is_blank(line) || rst_line__is_border(line) || rst_table__starts(p, i) ||
		    rst_parser__title(p, i, &title))
			break;
		if (meaning.interrupts)
			continue; /* prose follows */
		line += strspn(line, " \t");
		rule = rst_parser__add(p, i, &section->rules, &section->n_rules, sizeof(*rule));
		if (!rule)
			break;
		rule->line = i + 1;
		rule->text = rst_parser__copy(p, (struct rst_span){.text = line, .len = (int)strlen(line)});
		if (rst_rule__meaning(line, &meaning))
			rst_parser__problem(p, i, rst_line__indent(rst_parser__line(p, i)),
					    "'%.*s' is not understood, in '%s'", meaning.unknown.len,
					    meaning.unknown.text, line);
	}
	return i;
}

static bool is_heading(const char *line, const char *what)
{
	size_t n = strlen(what);

	line += strspn(line, " \t-");
	if (strncasecmp(line, what, n) != 0)
		return false;
	line += n;
	line += strspn(line, ":");
	return line[-1] == ':' && rst_line__is_blank(line);
}

/* Tables of a kind that is not read. */
static const char *foreign_table(const char *line)
{
	static const char *const directives[] = {"list-table::", "csv-table::", "table::", "flat-table::"};
	size_t i;

	if (is_blank(*line) && rst_line__is_border(line + strspn(line, " \t")))
		return "an indented table";
	line += strspn(line, " \t");
	if (*line == '+' && line[1] == '-' && !line[strspn(line, "+-=")])
		return "a grid table";
	if (strstr(line, "---|"))
		return "a table with '|'";
	if (strncmp(line, ".. ", 3) != 0)
		return NULL;
	for (i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		if (!strncmp(line + 3, directives[i], strlen(directives[i])))
			return "a table by directive";
	}
	return NULL;
}

/* What starts at line @i. Returns the index of the line behind it. */
static int parse_body(struct rst_parser *p, int i, struct rst_section *section)
{
	const char *line = rst_parser__line(p, i), *foreign = foreign_table(line);
	bool table = rst_line__is_border(line) || rst_table__starts(p, i);

	if (foreign) {
		rst_parser__problem(p, i, rst_line__indent(line), "%s is not supported", foreign);
		while (!rst_line__is_blank(rst_parser__line(p, ++i)))
			;
		return i;
	}
	if (!section && (table || is_heading(line, "prototypes") || is_heading(line, "locking rules")))
		rst_parser__problem(p, i, 0, "this belongs to no section");
	if (!section)
		return i + 1;
	if (table)
		return rst_table__parse(p, i, section);
	if (is_heading(line, "prototypes"))
		return parse_prototypes(p, i, section);
	if (is_heading(line, "locking rules"))
		return parse_rules(p, i, section);
	if (rst_line__is_row(line) && line[rst_name__len(line)] == ':' && line[rst_name__len(line) + 1])
		rst_parser__problem(p, i, 0, "this row is in no table");
	return i + 1;
}

static void parse_lines(struct rst_parser *p)
{
	struct rst_section *section = NULL;
	struct rst_span title;
	int i = 0, n;

	while (i < p->n_lines && !p->err) {
		n = rst_parser__title(p, i, &title);
		if (n) {
			section = start_section(p, i + (n == 3), title);
			i += n;
		} else if (adornment(rst_parser__line(p, i))) {
			section = NULL;
			i++;
		} else {
			i = parse_body(p, i, section);
		}
	}
}

static void free_texts(struct rst_text *texts, int n)
{
	while (n--)
		free(texts[n].text);
	free(texts);
}

static void free_section(struct rst_section *section)
{
	int i;

	for (i = 0; i < section->n_tables; i++)
		rst_table__free(&section->tables[i]);
	free(section->tables);
	free_texts(section->methods, section->n_methods);
	free_texts(section->rules, section->n_rules);
	free(section->ops);
}

/* Drop the sections that are prose only. */
static void drop_prose(struct rst_document *doc)
{
	int i, n = 0;

	for (i = 0; i < doc->n_sections; i++) {
		struct rst_section *s = &doc->sections[i];

		if (s->n_tables || s->n_methods || s->n_rules)
			doc->sections[n++] = *s;
		else
			free_section(s);
	}
	doc->n_sections = n;
}

static void check_duplicate_methods(struct rst_parser *p, const struct rst_section *section)
{
	int i, k, t;

	for (i = 0; i < section->n_methods; i++) {
		for (k = 0; k < i && strcmp(section->methods[i].text, section->methods[k].text) != 0; k++)
			;
		if (k < i)
			rst_parser__problem(p, section->methods[i].line - 1, 0, "'%s' is declared already in line %d",
					    section->methods[i].text, section->methods[k].line);
	}
	for (t = 0; t < section->n_tables; t++) {
		const struct rst_row *rows = section->tables[t].rows;

		for (i = 0; i < section->tables[t].n_rows; i++) {
			for (k = 0; k < i && strcmp(rows[i].method, rows[k].method) != 0; k++)
				;
			if (k < i)
				rst_parser__problem(p, rows[i].line - 1, 0, "'%s' has a row already in line %d",
						    rows[i].method, rows[k].line);
		}
	}
}

static void check_sections(struct rst_parser *p)
{
	const struct rst_document *doc = p->doc;
	const struct rst_section *s;
	int i, k;

	if (!doc->n_sections)
		rst_parser__problem(p, 0, 0, "no section with prototypes, rules or a table");
	for (i = 0; i < doc->n_sections && !p->err; i++) {
		s = &doc->sections[i];
		if (!*s->ops || s->ops[rst_name__len(s->ops)])
			rst_parser__problem(p, s->line - 1, 0, "'%s' is no structure's name", s->ops);
		for (k = 0; k < i && strcmp(s->ops, doc->sections[k].ops) != 0; k++)
			;
		if (k < i)
			rst_parser__problem(p, s->line - 1, 0, "'%s' has a section already in line %d", s->ops,
					    doc->sections[k].line);
		check_duplicate_methods(p, s);
	}
}

static int compare_problems(const void *a, const void *b)
{
	const struct rst_problem *x = a, *y = b;

	return x->line != y->line ? x->line - y->line : x->column - y->column;
}

int rst__parse(const char *path, const char *text, size_t len, struct rst_document *out)
{
	struct rst_parser p = {.doc = out};

	memset(out, 0, sizeof(*out));
	if (len > RST_MAX_SIZE)
		return -EFBIG;
	out->path = strdup(path);
	p.err = out->path ? split_lines(&p, text, len) : -ENOMEM;
	if (!p.err)
		parse_lines(&p);
	if (!p.err) {
		drop_prose(out);
		check_sections(&p);
	}
	if (!p.err && out->n_problems)
		qsort(out->problems, (size_t)out->n_problems, sizeof(*out->problems), compare_problems);
	free(p.lines);
	free(p.text);
	if (p.err)
		rst__free(out);
	return p.err;
}

int rst__parse_file(const char *path, struct rst_document *out)
{
	size_t used = 0;
	ssize_t n = 1;
	char *text;
	int fd, err;

	memset(out, 0, sizeof(*out));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	text = malloc(RST_MAX_SIZE + 1);
	err = text ? 0 : -ENOMEM;
	while (!err && n && used <= RST_MAX_SIZE) {
		n = read(fd, text + used, RST_MAX_SIZE + 1 - used);
		if (n > 0)
			used += (size_t)n;
		else if (n < 0 && errno != EINTR)
			err = -errno;
	}
	close(fd);
	if (!err)
		err = rst__parse(path, text, used, out);
	free(text);
	return err;
}

void rst__free(struct rst_document *doc)
{
	int i;

	if (!doc)
		return;
	for (i = 0; i < doc->n_sections; i++)
		free_section(&doc->sections[i]);
	for (i = 0; i < doc->n_problems; i++)
		free(doc->problems[i].what);
	free(doc->sections);
	free(doc->problems);
	free(doc->path);
	memset(doc, 0, sizeof(*doc));
}

const struct rst_section *rst__section(const struct rst_document *doc, const char *ops)
{
	int i;

	for (i = 0; i < doc->n_sections; i++) {
		if (!strcmp(doc->sections[i].ops, ops))
			return &doc->sections[i];
	}
	return NULL;
}

const struct rst_row *rst_section__row(const struct rst_section *section, const char *method,
				       const struct rst_table **table)
{
	int t, i;

	for (t = 0; t < section->n_tables; t++) {
		for (i = 0; i < section->tables[t].n_rows; i++) {
			if (strcmp(section->tables[t].rows[i].method, method) != 0)
				continue;
			if (table)
				*table = &section->tables[t];
			return &section->tables[t].rows[i];
		}
	}
	return NULL;
}
