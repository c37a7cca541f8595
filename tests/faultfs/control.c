// SPDX-License-Identifier: GPL-2.0
/* The control file: reads commands, has them carried out, shows what came of it. See faultfs.h. */
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "faultfs.h"

#define MAX_LINE 1024

/* One command at a time. Not held while the scene is put, which may unmount. */
static DEFINE_MUTEX(command_lock);
static struct faultfs_call command;

/* The last command's outcome. A lock of its own: who reads the file may hold what a command waits for. */
static DEFINE_MUTEX(outcome_lock);
static char last_name[96] = "none";
static unsigned int last_calls;
static int last_error;
static bool last_lists;
static const void *last_function;

bool faultfs_is_variant(const struct scene *s, const char *name)
{
	return !strcmp(s->call->variant, name);
}

static const char *default_variant(const struct faultfs_method *m)
{
	return m->variants ? m->variants[0] : "plain";
}

/* The method of that OPS.METHOD. */
static int find_method(struct faultfs_call *c, char *name)
{
	const char *ops = strsep(&name, ".");

	if (!name || strchr(name, '.'))
		return -EINVAL;
	c->function = NULL;
	for (int i = 0; faultfs_parts[i]; i++) {
		if (strcmp(faultfs_parts[i]->name, ops))
			continue;
		for (const struct faultfs_method *m = faultfs_parts[i]->methods; m->name; m++) {
			if (strcmp(m->name, name) || !faultfs_world.offers(faultfs_parts[i], m))
				continue;
			c->part = faultfs_parts[i];
			c->method = m;
			c->variant = default_variant(m);
			return 0;
		}
	}
	return -EOPNOTSUPP;
}

static int parse_variant(struct faultfs_call *c, const char *value)
{
	const char *const *v = c->method->variants;

	if (!v)
		return strcmp(value, "plain") ? -EOPNOTSUPP : 0;
	for (; *v; v++)
		if (!strcmp(*v, value)) {
			c->variant = *v;
			return 0;
		}
	return -EOPNOTSUPP;
}

static int parse_word(const char *const *words, int n, const char *value, unsigned int *out)
{
	int i = match_string(words, n, value);

	if (i < 0)
		return -EOPNOTSUPP;
	*out = i;
	return 0;
}

static int parse_mode(const char *word, enum faultfs_mode *out)
{
	if (!strcmp(word, "none") || !strcmp(word, "free"))
		*out = FAULTFS_NONE;
	else if (!strcmp(word, "shared"))
		*out = FAULTFS_SHARED;
	else if (!strcmp(word, "exclusive") || !strcmp(word, "held"))
		*out = FAULTFS_EXCLUSIVE;
	else
		return -EINVAL;
	return 0;
}

/* MODE[:other][:neighbour] */
static int parse_state(struct faultfs_state *st, char *value)
{
	char *word = strsep(&value, ":");

	if (st->asked != FAULTFS_UNSET || parse_mode(word, &st->asked))
		return -EINVAL;
	while ((word = strsep(&value, ":"))) {
		bool *flag = !strcmp(word, "other") ? &st->other : !strcmp(word, "neighbour") ? &st->neighbour : NULL;

		if (!flag || *flag || st->asked == FAULTFS_NONE)
			return -EINVAL;
		*flag = true;
	}
	return st->asked == FAULTFS_SHARED && st->lock->kind != FAULTFS_RWSEM ? -EINVAL : 0;
}

static int parse_after(struct faultfs_state *st, const char *value)
{
	static const char *const words[] = {"now", "later", "never"};
	int i = match_string(words, ARRAY_SIZE(words), value);

	if (i < 0)
		return -EINVAL;
	/* Of what the method unlocks, and of what it locks. */
	if (st->lock->after == FAULTFS_STAYS && st->lock->exit == FAULTFS_UNSET)
		return -EOPNOTSUPP;
	st->after = FAULTFS_NOW + i;
	return 0;
}

/* LOCK.SUBJECT, LOCK.SUBJECT.exit or LOCK.SUBJECT.after */
static int parse_lock(struct faultfs_call *c, char *key, char *value)
{
	char *phase = strchr(key, '.');

	phase = strchr(phase + 1, '.');
	if (phase)
		*phase++ = 0;
	for (unsigned int i = 0; i < c->n_states; i++) {
		struct faultfs_state *st = &c->state[i];

		if (strcmp(st->lock->name, key))
			continue;
		if (!phase)
			return parse_state(st, value);
		if (!strcmp(phase, "after"))
			return parse_after(st, value);
		if (strcmp(phase, "exit") || parse_mode(value, &st->exit))
			return -EINVAL;
		return st->exit == FAULTFS_SHARED && st->lock->kind != FAULTFS_RWSEM ? -EINVAL : 0;
	}
	return -EOPNOTSUPP;
}

static int parse_option(struct faultfs_call *c, char *key, char *value)
{
	static const char *const contexts[] = {"task", "preempt_off", "bh_off", "spin", "hardirq", "softirq"};
	static const char *const bodies[] = {"nothing", "sleep", "preempt", "nested"};
	unsigned int word;
	int error;

	if (strchr(key, '.'))
		return parse_lock(c, key, value);
	if (!strcmp(key, "variant"))
		return parse_variant(c, value);
	if (!strcmp(key, "on")) {
		c->on = value;
		return *value == '/' ? 0 : -EINVAL;
	}
	if (!strcmp(key, "tag"))
		return kstrtouint(value, 10, &c->tag) || c->tag >= FAULTFS_TAGS ? -EINVAL : 0;
	if (!strcmp(key, "context")) {
		error = parse_word(contexts, FAULTFS_N_CONTEXTS, value, &word);
		c->context = error ? FAULTFS_TASK : word;
		return error;
	}
	if (!strcmp(key, "body")) {
		error = parse_word(bodies, FAULTFS_N_BODIES, value, &word);
		c->body = error ? FAULTFS_NOTHING : word;
		return error;
	}
	return -EINVAL;
}

static void set_up_states(struct faultfs_call *c)
{
	for (const struct faultfs_lock *l = c->method->locks; l && l->name; l++) {
		if (WARN_ON(c->n_states == FAULTFS_MAX_LOCKS))
			return;
		c->state[c->n_states++] = (struct faultfs_state){.lock = l, .exit = l->exit, .after = l->after};
	}
}

static int parse_command(struct faultfs_call *c, char *line)
{
	char *name = strsep(&line, " "), *word;
	int error;

	word = strsep(&line, " ");
	if (!word || kstrtouint(word, 10, &c->count))
		return -EINVAL;
	error = find_method(c, name);
	if (error)
		return error;
	set_up_states(c);
	while ((word = strsep(&line, " "))) {
		char *key = strsep(&word, "=");

		if (!*key && !word)
			continue;
		error = word ? parse_option(c, key, word) : -EINVAL;
		if (error)
			return error;
	}
	return faultfs_context_possible(c) && faultfs_world.can(c) ? 0 : -EOPNOTSUPP;
}

/* Makes one call. @made: it reached the method. */
static int make_call(struct faultfs_call *c, bool *made)
{
	struct scene *s = c->scene;
	int error, refusal;

	memset(&s->arg, 0, sizeof(s->arg));
	c->inner = NULL;
	c->depth = c->result = c->error = 0;
	error = faultfs_world.prepare(s);
	if (error)
		return error;
	error = faultfs_locks_find(c);
	if (!error)
		error = faultfs_locks_take(c);
	if (!error) {
		error = faultfs_run(c);
		if (!faultfs_world.has_stubs)
			faultfs_locks_forget(c);
		faultfs_locks_release(c);
		*made = !faultfs_world.has_stubs || c->depth > 0;
	}
	refusal = s->arg.refusal;
	faultfs_world.finish(s);
	if (error)
		return error;
	if (!*made)
		return -ENXIO;
	if (c->result == refusal)
		c->result = 0;
	return c->error ? c->error : c->result;
}

static int make_calls(struct faultfs_call *c, unsigned int *calls)
{
	int error = faultfs_context_start(c);

	if (error)
		return error;
	for (unsigned int i = 0; !error && i < c->count; i++) {
		bool made = false;

		error = make_call(c, &made);
		*calls += made;
		cond_resched();
	}
	faultfs_context_end(c);
	return error;
}

/* Carries the line out, which it changes. @function: the method, where it is not known beforehand which that is. */
static int carry_out(char *line, unsigned int *calls, const void **function)
{
	struct scene *s;
	int error;

	mutex_lock(&command_lock);
	memset(&command, 0, sizeof(command));
	error = parse_command(&command, line);
	s = error ? NULL : faultfs_world.get(&command);
	if (IS_ERR(s)) {
		error = PTR_ERR(s);
		s = NULL;
	}
	if (!error) {
		command.scene = s;
		command.task = current;
		s->call = &command;
		error = make_calls(&command, calls);
		s->call = NULL;
	}
	*function = command.function;
	mutex_unlock(&command_lock);
	if (s)
		faultfs_world.put(s);
	return error;
}

static ssize_t control_write(struct file *file, const char __user *from, size_t size, loff_t *offset)
{
	unsigned int calls = 0;
	const void *function = NULL;
	char *line, *text;
	int error = 0;

	if (size >= MAX_LINE)
		return -EINVAL;
	line = memdup_user_nul(from, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	text = strim(line);
	mutex_lock(&outcome_lock);
	last_lists = !strcmp(text, "methods");
	strscpy(last_name, text, min(sizeof(last_name), strcspn(text, " ") + 1));
	last_calls = 0;
	last_error = -EINPROGRESS;
	mutex_unlock(&outcome_lock);

	if (!strcmp(text, "settle"))
		faultfs_settle();
	else if (strcmp(text, "methods"))
		error = carry_out(text, &calls, &function);

	mutex_lock(&outcome_lock);
	last_calls = calls;
	last_error = error;
	last_function = function;
	mutex_unlock(&outcome_lock);
	kfree(line);
	return error ? error : size;
}

static void show_method(struct seq_file *to, const struct faultfs_part *p, const struct faultfs_method *m)
{
	const char *before = "";

	seq_printf(to, "%s.%s variants=%s", p->name, m->name, default_variant(m));
	for (int i = 1; m->variants && m->variants[0] && m->variants[i]; i++)
		seq_printf(to, ",%s", m->variants[i]);
	seq_puts(to, " locks=");
	for (const struct faultfs_lock *l = m->locks; l && l->name; l++) {
		/* One of several alike: commands name the first. */
		if (l > m->locks && !strcmp(l->name, l[-1].name))
			continue;
		seq_printf(to, "%s%s", before, l->name);
		before = ",";
	}
	seq_puts(to, " bodies=nothing");
	if (faultfs_world.has_stubs)
		seq_puts(to, m->nested ? ",sleep,preempt,nested" : ",sleep,preempt");
	seq_putc(to, '\n');
}

static int control_show(struct seq_file *to, void *unused)
{
	mutex_lock(&outcome_lock);
	if (last_lists) {
		for (int i = 0; faultfs_parts[i]; i++)
			for (const struct faultfs_method *m = faultfs_parts[i]->methods; m->name; m++)
				if (faultfs_world.offers(faultfs_parts[i], m))
					show_method(to, faultfs_parts[i], m);
	} else {
		seq_printf(to, "%s calls=%u error=%d", last_name, last_calls, last_error);
		if (last_function)
			seq_printf(to, " function=%ps", last_function);
		seq_putc(to, '\n');
	}
	mutex_unlock(&outcome_lock);
	return 0;
}

static int control_open(struct inode *inode, struct file *file)
{
	return single_open(file, control_show, NULL);
}

static const struct proc_ops control_ops = {
	.proc_open = control_open,
	.proc_read = seq_read,
	.proc_write = control_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

int faultfs_control_init(void)
{
	return proc_create(faultfs_world.name, 0600, NULL, &control_ops) ? 0 : -ENOMEM;
}

void faultfs_control_exit(void)
{
	remove_proc_entry(faultfs_world.name, NULL);
}
