// nfs-server start DIR [BELOW] | stop - export DIR, and the mount point BELOW in it, over NFS to the machine itself,
// without any other program.
//
// Does what rpc.nfsd, exportfs, rpc.mountd, rpc.statd and rpcbind would: it writes the kernel's export caches once,
// with entries that never expire, and leaves a process behind that answers, all on port 111,
//
//   100000   the port mapper (version 2), which nfsd and lockd register with, and which lockd asks for its peer
//   100005   the mount protocol (version 3) for `mount -t nfs -o vers=3`
//   100024   the status monitor, which lockd wants to have heard of a peer before it locks anything there
//
// DIR is the NFSv4 root and answers to every path. `stop` ends the kernel's threads, forgets the exports, so that DIR
// can be unmounted, and ends the process. Needs root, the module nfsd, a loopback interface that is up, and /proc.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	PORT = 111,
	PORT_MAPPER = 100000,
	MOUNT = 100005,
	STATUS_MONITOR = 100024,
	MAX_PORTS = 64,
	MAX_STREAMS = 32,
	MESSAGE = 4096,
};

static const char pid_file[] = "/tmp/nfs-server.pid";
static const char *export_path, *below_path;

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("nfs-server: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

// What is registered with the port mapper.
static struct {
	uint32_t program, version, protocol, port;
} ports[MAX_PORTS];
static unsigned int port_count;

// A message that is read or written from its beginning; a read past the end gives zeroes.
struct message {
	uint32_t word[MESSAGE / 4];
	unsigned int at, words;
};

static uint32_t get(struct message *m)
{
	return m->at < m->words ? ntohl(m->word[m->at++]) : 0;
}

// Step over an opaque of variable length.
static void skip(struct message *m)
{
	m->at += (get(m) + 3) / 4;
}

static void put(struct message *m, uint32_t value)
{
	if (m->at < MESSAGE / 4)
		m->word[m->at++] = htonl(value);
}

static void map_port(struct message *call, struct message *reply)
{
	uint32_t program = get(call), version = get(call), protocol = get(call), port = get(call);

	if (port_count < MAX_PORTS) {
		ports[port_count].program = program;
		ports[port_count].version = version;
		ports[port_count].protocol = protocol;
		ports[port_count++].port = port;
	}
	put(reply, 1);
}

static void unmap_port(struct message *call, struct message *reply)
{
	uint32_t program = get(call), version = get(call);
	unsigned int kept = 0;

	for (unsigned int i = 0; i < port_count; i++)
		if (ports[i].program != program || ports[i].version != version)
			ports[kept++] = ports[i];
	port_count = kept;
	put(reply, 1);
}

static void find_port(struct message *call, struct message *reply)
{
	uint32_t program = get(call), version = get(call), protocol = get(call), port = 0;

	if (program == MOUNT || program == STATUS_MONITOR)
		port = PORT;
	for (unsigned int i = 0; i < port_count; i++)
		if (ports[i].program == program && ports[i].version == version && ports[i].protocol == protocol)
			port = ports[i].port;
	put(reply, port);
}

// Ask the kernel for the handle of the exported directory and answer with it.
static void root_handle(struct message *reply)
{
	char text[512], byte[3] = "";
	unsigned int length;
	uint32_t word = 0;
	int fd = open("/proc/fs/nfsd/filehandle", O_RDWR);
	ssize_t got = -1;

	snprintf(text, sizeof(text), "clients %s 64\n", export_path);
	if (fd >= 0 && write(fd, text, strlen(text)) > 0)
		got = read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	// \x and two digits for each byte.
	if (got < 4) {
		put(reply, EIO);
		return;
	}
	length = (unsigned int)(got - 2) / 2;
	put(reply, 0);
	put(reply, length);
	for (unsigned int i = 0; i < (length + 3) / 4 * 4; i++) {
		memcpy(byte, text + 2 + 2 * (i < length ? i : 0), 2);
		word = word << 8 | (i < length ? (uint32_t)strtoul(byte, NULL, 16) : 0);
		if (i % 4 == 3)
			put(reply, word);
	}
	// One way to say who one is: AUTH_UNIX.
	put(reply, 1);
	put(reply, 1);
}

// Write the results of the procedure. False if there is no such one.
static bool serve(uint32_t program, uint32_t procedure, struct message *call, struct message *reply)
{
	if (procedure == 0)
		return true;
	switch (program) {
	case PORT_MAPPER:
		if (procedure == 1)
			map_port(call, reply);
		else if (procedure == 2)
			unmap_port(call, reply);
		else if (procedure == 3)
			find_port(call, reply);
		return procedure <= 3;
	case MOUNT:
		if (procedure == 1)
			root_handle(reply);
		return procedure == 1 || procedure == 3;
	default:
		// Every host is said to be watched: none of them restarts here.
		if (procedure == 2)
			put(reply, 0);
		put(reply, 1);
		return procedure <= 4;
	}
}

// Turn the call into a reply. False if it is none.
static bool answer(struct message *call, struct message *reply)
{
	uint32_t id = get(call), type = get(call), program, version, procedure, only;

	get(call);
	program = get(call);
	version = get(call);
	procedure = get(call);
	for (int i = 0; i < 2; i++) {
		get(call);
		skip(call);
	}
	if (type != 0 || call->at > call->words)
		return false;
	reply->at = 0;
	put(reply, id);
	// A reply, accepted, with an empty verifier.
	put(reply, 1);
	put(reply, 0);
	put(reply, 0);
	put(reply, 0);
	only = program == PORT_MAPPER ? 2 : program == MOUNT ? 3 : 1;
	if (program != PORT_MAPPER && program != MOUNT && program != STATUS_MONITOR) {
		put(reply, 1);
	} else if (version != only) {
		put(reply, 2);
		put(reply, only);
		put(reply, only);
	} else {
		put(reply, 0);
		if (!serve(program, procedure, call, reply)) {
			reply->at = 5;
			put(reply, 3);
		}
	}
	return true;
}

static void serve_datagram(int fd)
{
	static struct message call, reply;
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	ssize_t got = recvfrom(fd, call.word, sizeof(call.word), 0, (struct sockaddr *)&from, &length);

	if (got <= 0)
		return;
	call.at = 0;
	call.words = (unsigned int)got / 4;
	if (answer(&call, &reply))
		sendto(fd, reply.word, reply.at * 4, 0, (struct sockaddr *)&from, length);
}

// One record of a stream: its length stands before it. False when the peer has gone.
static bool serve_stream(int fd)
{
	static struct message call, reply;
	uint32_t mark;
	size_t length;

	if (recv(fd, &mark, sizeof(mark), MSG_WAITALL) != sizeof(mark))
		return false;
	length = ntohl(mark) & 0x7fffffff;
	if (length > sizeof(call.word) || recv(fd, call.word, length, MSG_WAITALL) != (ssize_t)length)
		return false;
	call.at = 0;
	call.words = (unsigned int)length / 4;
	if (!answer(&call, &reply))
		return false;
	mark = htonl(0x80000000 | reply.at * 4);
	return send(fd, &mark, sizeof(mark), MSG_MORE | MSG_NOSIGNAL) == sizeof(mark) &&
	       send(fd, reply.word, reply.at * 4, MSG_NOSIGNAL) == reply.at * 4;
}

static int listen_on(int type)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, type, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) || (type == SOCK_STREAM && listen(fd, 8)))
		die("port %d: %s", PORT, strerror(errno));
	return fd;
}

__attribute__((noreturn)) static void serve_forever(int datagrams, int listener)
{
	struct pollfd fds[2 + MAX_STREAMS] = {{datagrams, POLLIN, 0}, {listener, POLLIN, 0}};
	nfds_t count = 2;

	for (;;) {
		if (poll(fds, count, -1) < 0)
			exit(1);
		for (nfds_t i = count; i-- > 2;) {
			if (!fds[i].revents || serve_stream(fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i] = fds[--count];
		}
		if (fds[0].revents)
			serve_datagram(datagrams);
		if (!fds[1].revents || count == 2 + MAX_STREAMS)
			continue;
		fds[count].fd = accept(listener, NULL, NULL);
		fds[count].events = POLLIN;
		fds[count].revents = 0;
		if (fds[count].fd >= 0)
			count++;
	}
}

// Leave the answering process behind, ready to be asked.
static void start_services(void)
{
	int datagrams = listen_on(SOCK_DGRAM), listener = listen_on(SOCK_STREAM);
	pid_t child = fork();
	FILE *file;

	if (child < 0)
		die("fork: %s", strerror(errno));
	if (!child) {
		setsid();
		// Whoever waits for the end of our output need not wait for this process.
		for (int fd = 0; fd < 3; fd++)
			dup2(open("/dev/null", O_RDWR | O_CLOEXEC), fd);
		serve_forever(datagrams, listener);
	}
	file = fopen(pid_file, "w");
	if (!file || fprintf(file, "%d\n", (int)child) < 0 || fclose(file))
		die("%s: %s", pid_file, strerror(errno));
}

// Write the line to the file of /proc with one call. False, with errno, if the kernel refuses it.
__attribute__((format(printf, 2, 3))) static bool tell(const char *path, const char *format, ...)
{
	char line[512];
	va_list args;
	bool done;
	int fd;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return false;
	done = write(fd, line, strlen(line)) == (ssize_t)strlen(line);
	close(fd);
	return done;
}
#define TELL(path, ...)                                                                                                \
	do {                                                                                                           \
		if (!tell(path, __VA_ARGS__))                                                                          \
			die("%s: %s", path, strerror(errno));                                                          \
	} while (0)

// A server that restarts lets nobody lock before the clients of its last life had the time to come back. There are
// none, but a kernel that has no record of clients to look into does not let the time be cut short.
static void end_grace(void)
{
	const char *path = "/proc/fs/nfsd/v4_end_grace";
	char ended = 'N';

	if (tell(path, "Y\n"))
		return;
	for (int i = 0; i < 150 && ended != 'Y'; i++) {
		int fd = open(path, O_RDONLY);

		if (fd < 0 || read(fd, &ended, 1) != 1)
			die("%s: %s", path, strerror(errno));
		close(fd);
		poll(NULL, 0, 100);
	}
	if (ended != 'Y')
		die("%s: the grace period does not end", path);
}

static void start(void)
{
	const unsigned int never = 2147483647;
	// It has a number of its own, subtrees are not checked, clients may call from any port and cross mount points.
	const int flags = 0x2000 | 0x400 | 0x2 | 0x4000;

	if (mount("nfsd", "/proc/fs/nfsd", "nfsd", 0, NULL) && errno != EBUSY)
		die("/proc/fs/nfsd: %s: is the module nfsd loaded?", strerror(errno));
	start_services();
	// Where kernels that ask no daemon look for their clients of before.
	if ((mkdir("/var", 0755) && errno != EEXIST) || (mkdir("/var/lib", 0755) && errno != EEXIST) ||
	    (mkdir("/var/lib/nfs", 0755) && errno != EEXIST) ||
	    (mkdir("/var/lib/nfs/v4recovery", 0755) && errno != EEXIST))
		die("/var/lib/nfs/v4recovery: %s", strerror(errno));
	TELL("/proc/net/rpc/auth.unix.ip/channel", "nfsd 127.0.0.1 %u clients\n", never);
	// The file system of number 0 is the root of NFSv4.
	TELL("/proc/net/rpc/nfsd.export/channel", "clients %s %u %d 65534 65534 0\n", export_path, never, flags);
	TELL("/proc/net/rpc/nfsd.fh/channel", "clients 1 \\x00000000 %u %s\n", never, export_path);
	if (below_path) {
		TELL("/proc/net/rpc/nfsd.export/channel", "clients %s %u %d 65534 65534 1\n", below_path, never, flags);
		TELL("/proc/net/rpc/nfsd.fh/channel", "clients 1 \\x01000000 %u %s\n", never, below_path);
	}
	// The shortest that the kernel takes.
	TELL("/proc/fs/nfsd/nfsv4leasetime", "10\n");
	TELL("/proc/fs/nfsd/nfsv4gracetime", "10\n");
	TELL("/proc/fs/nfsd/portlist", "tcp 2049\n");
	TELL("/proc/fs/nfsd/threads", "4\n");
	TELL("/proc/fs/lockd/nlm_end_grace", "Y\n");
	end_grace();
}

static void stop(void)
{
	static const char *const caches[] = {"nfsd.export", "nfsd.fh", "auth.unix.ip"};
	FILE *file = fopen(pid_file, "r");
	char path[128];
	int pid = 0;

	TELL("/proc/fs/nfsd/threads", "0\n");
	for (unsigned int i = 0; i < sizeof(caches) / sizeof(*caches); i++) {
		snprintf(path, sizeof(path), "/proc/net/rpc/%s/flush", caches[i]);
		TELL(path, "%lld\n", (long long)time(NULL));
	}
	if (file && fscanf(file, "%d", &pid) == 1 && pid > 0)
		kill(pid, SIGTERM);
	if (file)
		fclose(file);
	unlink(pid_file);
	if (umount("/proc/fs/nfsd"))
		die("/proc/fs/nfsd: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	if ((argc == 3 || argc == 4) && !strcmp(argv[1], "start")) {
		export_path = argv[2];
		below_path = argv[3];
		start();
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "stop")) {
		stop();
		return 0;
	}
	fprintf(stderr, "usage: nfs-server start DIR [BELOW] | stop\n");
	return 2;
}
