// SPDX-License-Identifier: GPL-2.0-only
/* vfslock report: audits for a while, or while a command runs, and prints what was found. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit.h"
#include "cli.h"
#include "options.h"
#include "results.h"

#define DEFAULT_SECONDS 10.0
#define POLL_MS 100

struct report_options {
	struct audit_options audit;
	double seconds; /* 0: until the command ends */
	bool json;
	char **command; /* NULL: none */
};

enum { DURATION, JSON };

static const struct audit_option own[] = {
	[DURATION] = {"duration", "SECONDS", "how long (default 10; with COMMAND: until it ends)"},
	[JSON] = {"json", NULL, "one JSON document"},
};

static int take_option(void *arg, int which, const char *value)
{
	struct report_options *o = arg;

	if (which == DURATION)
		return options__seconds("duration", value, &o->seconds);
	o->json = true;
	return 0;
}

/* Returns 0, or an exit status + 1 to leave with. */
static int parse(int argc, char **argv, struct report_options *o)
{
	struct option_parser parser = {
		.command = "report",
		.synopsis = "report [options] MOUNT... [-- COMMAND [ARGUMENT...]]",
		.what = "Audits the filesystems mounted at each MOUNT for a while, or while COMMAND runs, and prints "
			"for every method which locks were held, whether that keeps the documented rules, and the "
			"latency of hot paths.",
		.after = "Ctrl-C ends the audit early and prints the report.\n"
			 "Exit status: 0 clean, 1 a rule is broken, 2 wrong usage, 3 cannot audit.\n",
		.own = own,
		.n_own = sizeof(own) / sizeof(own[0]),
		.shorts = "d",
		.take = take_option,
		.arg = o,
	};
	int leave = options__parse(&parser, argc, argv, &o->audit);

	if (leave)
		return leave;
	if (!o->audit.n_paths) {
		fputs("vfslock report: which filesystem? Give its mount point.\n", stderr);
		options__usage(&parser, stderr);
		return EXIT_USAGE + 1;
	}
	if (optind + 1 < argc)
		o->command = &argv[optind + 1];
	if (!o->seconds && !o->command)
		o->seconds = DEFAULT_SECONDS;
	return 0;
}

static pid_t run_command(char **command, const sigset_t *old_mask)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	sigprocmask(SIG_SETMASK, old_mask, NULL);
	/* Its output must not mix with the report. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(command[0], command);
	fprintf(stderr, "vfslock report: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

static void show_progress(const struct report_options *o, const struct audit *a)
{
	const char *more = a->n_targets > 1 ? " and others" : "";

	if (o->audit.quiet || !isatty(STDERR_FILENO))
		return;
	if (o->seconds)
		fprintf(stderr, "\r\033[Kauditing %s%s: %.0f of %.0f s, Ctrl-C to end", a->targets[0].path, more,
			audit__seconds(a), o->seconds);
	else if (o->command)
		fprintf(stderr, "\r\033[Kauditing %s%s: %.0f s, until %s ends", a->targets[0].path, more,
			audit__seconds(a), o->command[0]);
}

/* Until the time is over, the command has ended, a signal comes, or the filesystem is unmounted. */
static int watch(struct audit *a, const struct report_options *o, int signals, pid_t child, int *child_status)
{
	struct signalfd_siginfo si;
	int err = 0;

	while (!err && !a->unmounted && (!o->seconds || audit__seconds(a) < o->seconds)) {
		err = audit__poll(a, POLL_MS);
		show_progress(o, a);
		if (child > 0 && waitpid(child, child_status, WNOHANG) == child)
			child = 0;
		if (o->command && !child)
			break;
		if (read(signals, &si, sizeof(si)) == sizeof(si) && si.ssi_signo != SIGCHLD)
			break;
	}
	if (isatty(STDERR_FILENO) && !o->audit.quiet)
		fputs("\r\033[K", stderr);
	return err;
}

static int report(struct audit *a, const struct report_options *o)
{
	struct results r;
	int err = results__make(a, &r), status = EXIT_CANNOT;

	if (err) {
		fprintf(stderr, "vfslock: the counts cannot be judged: %s\n", strerror(-err));
	} else {
		err = o->json ? report__json(&r, stdout) : report__text(&r, stdout);
		if (err)
			fputs("vfslock: the report could not be written in full\n", stderr);
		else
			status = r.violations ? EXIT_BROKEN : EXIT_CLEAN;
	}
	results__free(&r);
	return status;
}

/* A command that fails is the user's to judge; one that could not be run means that nothing was audited. */
static int tell_command_failure(const char *command, int child_status, int status)
{
	if (WIFSIGNALED(child_status))
		fprintf(stderr, "vfslock report: %s was killed by signal %d\n", command, WTERMSIG(child_status));
	else if (WEXITSTATUS(child_status) != 127)
		fprintf(stderr, "vfslock report: %s ended with status %d\n", command, WEXITSTATUS(child_status));
	else if (status == EXIT_CLEAN)
		return EXIT_CANNOT;
	return status;
}

static int audit_and_report(const struct report_options *o)
{
	sigset_t mask, old_mask;
	int signals, status = EXIT_CANNOT, child_status = 0, err;
	struct audit_options options;
	pid_t child = 0;
	struct audit a;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, &old_mask);
	signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	options = o->audit;
	options.stop_fd = signals;
	err = signals < 0 ? -errno : audit__open(&a, &options);
	if (signals < 0) {
		fprintf(stderr, "vfslock: no signalfd: %s\n", strerror(-err));
		return EXIT_CANNOT;
	}
	if (!err)
		err = audit__start(&a);
	if (!err && o->command)
		child = run_command(o->command, &old_mask);
	if (!err)
		err = watch(&a, o, signals, child, &child_status);
	if (!err)
		err = audit__stop(&a);
	if (!err)
		status = report(&a, o);
	if (o->command && child_status)
		status = tell_command_failure(o->command[0], child_status, status);
	audit__close(&a);
	close(signals);
	return status;
}

int cmd_report(int argc, char **argv)
{
	struct report_options o = {0};
	int leave = parse(argc, argv, &o);

	if (leave)
		return leave - 1;
	if (audit__check_kernel())
		return EXIT_CANNOT;
	return audit_and_report(&o);
}
