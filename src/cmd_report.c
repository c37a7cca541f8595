// SPDX-License-Identifier: GPL-2.0-only
/* vfslock report: audits for a while, or while a command runs, and prints what was found. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "audit.h"
#include "cli.h"
#include "results.h"

#define DEFAULT_SECONDS 10.0
#define POLL_MS 100

struct report_options {
	struct audit_options audit;
	double seconds; /* 0: until the command ends */
	bool json;
	char **command; /* NULL: none */
};

static void usage(FILE *out)
{
	fputs("usage: vfslock report [options] MOUNT... [-- COMMAND [ARGUMENT...]]\n\n"
	      "Audits the filesystems mounted at each MOUNT for a while, or while COMMAND runs, and prints for every "
	      "method "
	      "which\n"
	      "locks were held, whether that keeps the documented rules, and the latency of hot paths.\n\n"
	      "  -d, --duration SECONDS   how long (default 10; with COMMAND: until it ends)\n"
	      "      --latency METHOD     measure this method too; 'all': every one, 'none': not even the hot paths\n"
	      "      --spec FILE.rst      audit against this revision of the document, not the compiled rules\n"
	      "      --attach HOW         'trampoline': nothing by kprobe; 'kprobe': everything (slower); 'auto' "
	      "(default):\n"
	      "                           by kprobe only what no trampoline of this kernel can watch\n"
	      "      --locks HOW          'word' (default): what the lock words tell; 'track': hook the lock "
	      "functions, so "
	      "that\n"
	      "                           who holds a shared lock, where it was taken and for how long is known; waits "
	      "too\n"
	      "      --lock-source FROM   with --locks=track: 'hooks', 'tracepoints' (of lockdep: spinlocks too) or "
	      "'auto'\n"
	      "      --unlock-timeout SECONDS   a folio that a method leaves locked for longer is never unlocked "
	      "(default "
	      "120)\n"
	      "      --json               one JSON document\n"
	      "      --no-cost            do not sample the run time of the programs (20 ms of every second)\n"
	      "  -q, --quiet              no progress on standard error\n"
	      "  -h, --help               this text\n\n"
	      "Ctrl-C ends the audit early and prints the report.\n"
	      "Exit status: 0 clean, 1 a rule is broken, 2 wrong usage, 3 cannot audit.\n",
	      out);
}

static int parse_seconds(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (end == text || *end || !(*out > 0) || *out > 1e7) {
		fprintf(stderr, "vfslock report: '%s' is no duration: give seconds, like 10 or 0.5\n", text);
		return -EINVAL;
	}
	return 0;
}

static int parse_locks(const char *text, bool *track)
{
	*track = !strcmp(text, "track");
	if (*track || !strcmp(text, "word"))
		return 0;
	fprintf(stderr, "vfslock report: --locks %s: give word or track\n", text);
	return -EINVAL;
}

/* Returns 0, or an exit status + 1 to leave with. */
static int take_option(int c, struct report_options *o)
{
	int err = 0;

	switch (c) {
	case 'd':
		err = parse_seconds(optarg, &o->seconds);
		break;
	case 'a':
		err = attach_policy__parse(optarg, &o->audit.policy);
		break;
	case 'L':
		err = parse_locks(optarg, &o->audit.track);
		break;
	case 'S':
		err = lock_source__parse(optarg, &o->audit.lock_source);
		break;
	case 'u':
		err = parse_seconds(optarg, &o->audit.unlock_seconds);
		break;
	case 's':
		o->audit.spec = optarg;
		break;
	case 'l':
		o->audit.latency = optarg;
		break;
	case 'j':
		o->json = true;
		break;
	case 'c':
		o->audit.no_cost = true;
		break;
	case 'q':
		o->audit.quiet = true;
		break;
	case 'h':
		usage(stdout);
		return EXIT_CLEAN + 1;
	default:
		usage(stderr);
		err = -EINVAL;
	}
	return err ? EXIT_USAGE + 1 : 0;
}

/* The same. */
static int parse(int argc, char **argv, struct report_options *o)
{
	static const struct option longs[] = {
		{"duration", required_argument, NULL, 'd'},
		{"latency", required_argument, NULL, 'l'},
		{"spec", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"attach", required_argument, NULL, 'a'},
		{"locks", required_argument, NULL, 'L'},
		{"lock-source", required_argument, NULL, 'S'},
		{"unlock-timeout", required_argument, NULL, 'u'},
		{"no-cost", no_argument, NULL, 'c'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c, leave;

	while ((c = getopt_long(argc, argv, "+d:qh", longs, NULL)) >= 0) {
		leave = take_option(c, o);
		if (leave)
			return leave;
	}
	if (optind >= argc) {
		fputs("vfslock report: which filesystem? Give its mount point.\n", stderr);
		usage(stderr);
		return EXIT_USAGE + 1;
	}
	o->audit.paths = &argv[optind];
	while (optind < argc && strcmp(argv[optind], "--") != 0) {
		o->audit.n_paths++;
		optind++;
	}
	if (optind + 1 < argc)
		o->command = &argv[optind + 1];
	if (!o->seconds && !o->command)
		o->seconds = DEFAULT_SECONDS;
	return 0;
}

static bool is_method(const char *name)
{
	for (int m = 0; m < n_methods; m++)
		if (!strcmp(methods[m].name, name))
			return true;
	return false;
}

static int check_latency(const char *latency)
{
	if (!latency || !strcmp(latency, "all") || !strcmp(latency, "none") || is_method(latency))
		return 0;
	fprintf(stderr, "vfslock report: --latency %s: no such method; give one like read_folio, or 'all', or 'none'\n",
		latency);
	return -EINVAL;
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
	pid_t child = 0;
	struct audit a;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, &old_mask);
	signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	err = signals < 0 ? -errno : audit__open(&a, &o->audit);
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
	if (check_latency(o.audit.latency))
		return EXIT_USAGE;
	if (audit__check_kernel())
		return EXIT_CANNOT;
	return audit_and_report(&o);
}
