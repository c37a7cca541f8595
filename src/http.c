/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The HTTP server; see http.h.
 *
 * libmicrohttpd parses and sends, in its "external" mode: its epoll descriptor is in ours. Sockets are accepted here
 * and not by it, so that one table has all connections of all addresses and decides who has to go when it is full:
 *
 * - whoever has not sent a whole request for REQUEST_NS, or has not taken an answer in ANSWER_NS, is cut. The library's
 *   own timeout is for silence only, which a client that sends a byte a second never falls into;
 * - while the table is full, nobody is accepted (they wait in the kernel's queue), and whoever has no request under way
 *   for CROWDED_NS is cut at the next tick: idle connections, which their owners make anew, and dripping ones;
 * - who reads slowly keeps a place, and an old page in memory: while the table is full, or those pages are more than
 *   BODIES_MAX, he has HURRY_NS only;
 * - one network address (64 bits of IPv6) has a quarter of the table at most, but for this machine's own, where a proxy
 *   may stand for many.
 *
 * A connection is cut with SO_LINGER 0: what the kernel still holds for it goes at once. SO_SNDBUF bounds that, which
 * would grow to megabytes for each client that reads slowly.
 */
#include "http.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "clock.h"
#include "http_accept.h"
#include "http_cache.h"
#include "http_listen.h"

#define SECOND_NS 1000000000ULL
#define REQUEST_NS (20 * SECOND_NS)
#define ANSWER_NS (60 * SECOND_NS)
#define CROWDED_NS (2 * SECOND_NS) /* the clock's step is a second: at least one has passed */
#define BODIES_MAX (16UL << 20)
#define HURRY_NS (5 * SECOND_NS)
#define PAGE_NS (9 * (SECOND_NS / 10))  /* less than the time between two ticks may differ */
#define CONNECTION_MEMORY (16UL * 1024) /* for its request and the headers of its answer */
#define SEND_BUFFER (128 * 1024)
#define ACCEPTS 32         /* connections in one run, so that the rest of the daemon has its turn */
#define RUNS 8             /* of the library, likewise */
#define QUERIES_A_SECOND 8 /* renderings of pages with a query, of which a client can think up any number */
#define ADDRESSES_SIZE (HTTP_LISTENERS * (sizeof(((struct http_listener *)NULL)->name) + 2))

/* A connection, in the table from the first byte to the last. */
struct connection {
	int fd; /* the library's; -1: the slot is free */
	struct sockaddr_storage peer;
	__u64 since;    /* when it was accepted, or its last answer was taken, or its request was whole */
	bool answering; /* the request was whole, the answer is under way */
	bool cut;
	bool query_too_long;
	char query[HTTP_CACHE_QUERY];
};

struct http_server {
	http_handler handler;
	void *arg;
	struct MHD_Daemon *daemon;
	struct http_listeners listeners;
	char addresses[ADDRESSES_SIZE];
	int epoll;
	bool accepting; /* the listeners are being watched */
	__u64 now_ns;   /* of the last tick */
	__u64 rendered; /* the tick since which pages are kept */
	int queries;    /* rendered since then */
	struct http_cache cache;
	size_t bodies; /* bytes of all that is being sent, or kept */
	struct connection *connections;
	struct connection *incoming; /* that is being handed to the library */
	int n, max;
};

static struct connection *connection_of(struct MHD_Connection *con)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(con, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* --- Answers --- */

/* A body that was rendered, until the last who is being sent it is done. */
struct body {
	struct http_server *server;
	char *text;
	size_t len;
};

static void free_body(void *arg)
{
	struct body *b = arg;

	b->server->bodies -= b->len;
	free(b->text);
	free(b);
}

static void add_headers(struct MHD_Response *r, const char *type)
{
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (!strncmp(type, "text/html", strlen("text/html")))
		MHD_add_response_header(r, "Content-Security-Policy",
					"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
					"form-action 'none'; frame-ancestors 'none'");
}

/* @text is the response's, or freed if there is none. */
static struct MHD_Response *make_response(struct http_server *s, char *text, size_t len, const char *type)
{
	struct body *b = malloc(sizeof(*b));
	struct MHD_Response *r;

	if (!b) {
		free(text);
		return NULL;
	}
	*b = (struct body){s, text, len};
	s->bodies += len;
	r = MHD_create_response_from_buffer_with_free_callback_cls(len, text, free_body, b);
	if (!r) {
		free_body(b);
		return NULL;
	}
	add_headers(r, type);
	return r;
}

static enum MHD_Result send_response(struct MHD_Connection *con, int status, struct MHD_Response *r)
{
	enum MHD_Result queued = MHD_queue_response(con, (unsigned int)status, r);

	MHD_destroy_response(r); /* the connection has its own reference */
	return queued;
}

/* A refusal, of one constant line. @header, if not NULL, is one more header. */
static enum MHD_Result refuse(struct MHD_Connection *con, int status, const char *line, const char *header,
			      const char *value)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(strlen(line), (char *)line, MHD_RESPMEM_PERSISTENT);

	if (!r)
		return MHD_NO; /* closes the connection */
	add_headers(r, "text/plain; charset=utf-8");
	if (header)
		MHD_add_response_header(r, header, value);
	return send_response(con, status, r);
}

/* The handler's answer; NULL: no memory, or what it wrote is not whole. */
static struct MHD_Response *render(struct http_server *s, const struct http_request *rq, int *status)
{
	const char *type = "text/plain; charset=utf-8";
	char *body = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&body, &len);
	bool broken;

	if (!f)
		return NULL;
	*status = s->handler(s->arg, rq, f, &type);
	broken = ferror(f);
	if (fclose(f) || broken) {
		free(body);
		return NULL;
	}
	return make_response(s, body, len, type);
}

static enum MHD_Result add_accept(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	if (value && !strcasecmp(name, MHD_HTTP_HEADER_ACCEPT))
		http_accept__add(arg, value);
	return MHD_YES;
}

static enum MHD_Result answer(struct http_server *s, struct MHD_Connection *con, const char *path, const char *query)
{
	struct http_request rq = {.path = path, .query = query};
	struct http_accept accept = {0};
	struct MHD_Response *r;
	int status = MHD_HTTP_INTERNAL_SERVER_ERROR;

	MHD_get_connection_values(con, MHD_HEADER_KIND, add_accept, &accept);
	rq.openmetrics = http_accept__openmetrics(&accept);
	r = http_cache__find(&s->cache, &rq);
	if (r)
		return MHD_queue_response(con, MHD_HTTP_OK, r);
	if (*query && ++s->queries > QUERIES_A_SECOND)
		return refuse(con, MHD_HTTP_SERVICE_UNAVAILABLE, "too many requests with a query\n",
			      MHD_HTTP_HEADER_RETRY_AFTER, "1");
	r = render(s, &rq, &status);
	if (!r)
		return refuse(con, MHD_HTTP_INTERNAL_SERVER_ERROR, "the answer could not be made\n", NULL, NULL);
	if (status == MHD_HTTP_OK && http_cache__keep(&s->cache, &rq, r))
		return MHD_queue_response(con, MHD_HTTP_OK, r);
	return send_response(con, status, r);
}

/* --- Requests: what the library calls for each --- */

/* The request line is there. The library splits the query into pieces; here it is kept as it came. */
static void *on_uri(void *arg, const char *uri, struct MHD_Connection *con)
{
	struct connection *c = connection_of(con);
	const char *query = strchr(uri, '?');

	(void)arg;
	if (!c)
		return NULL;
	query = query ? query + 1 : "";
	c->query_too_long = strlen(query) >= sizeof(c->query);
	snprintf(c->query, sizeof(c->query), "%s", c->query_too_long ? "" : query);
	return NULL;
}

static bool has_body(struct MHD_Connection *con)
{
	const char *length = MHD_lookup_connection_value(con, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length && strcmp(length, "0") != 0) ||
	       MHD_lookup_connection_value(con, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

/*
 * Called twice for a request: when its headers are there, where an answer refuses the rest and closes the connection,
 * and when it is whole. *@context, NULL the first time, tells which.
 */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *con, const char *path, const char *method,
				  const char *version, const char *upload, size_t *upload_size, void **context)
{
	struct connection *c = connection_of(con);
	struct http_server *s = arg;

	(void)version;
	(void)upload;
	(void)upload_size;
	if (!c)
		return MHD_NO;
	if (*context)
		return answer(s, con, path, c->query);
	*context = c;
	c->answering = true;
	c->since = s->now_ns;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(con, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n",
			      MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (has_body(con))
		return refuse(con, MHD_HTTP_CONTENT_TOO_LARGE, "requests have no body here\n", NULL, NULL);
	if (c->query_too_long)
		return refuse(con, MHD_HTTP_URI_TOO_LONG, "the query is too long\n", NULL, NULL);
	return MHD_YES;
}

static void on_completed(void *arg, struct MHD_Connection *con, void **context, enum MHD_RequestTerminationCode why)
{
	struct connection *c = connection_of(con);

	(void)why;
	*context = NULL;
	if (!c)
		return;
	c->answering = false;
	c->since = ((struct http_server *)arg)->now_ns;
}

/* --- Connections --- */

/* Watch the listeners, or do not: a queue that nobody takes from would wake us for ever. */
static void set_accepting(struct http_server *s, bool on)
{
	if (s->accepting == on)
		return;
	for (int i = 0; i < s->listeners.n; i++) {
		struct epoll_event ev = {.events = on ? EPOLLIN : 0, .data.fd = s->listeners.list[i].fd};

		epoll_ctl(s->epoll, EPOLL_CTL_MOD, s->listeners.list[i].fd, &ev);
	}
	s->accepting = on;
}

static void release(struct http_server *s, struct connection *c)
{
	if (c->fd < 0)
		return;
	c->fd = -1;
	s->n--;
	set_accepting(s, true);
}

/* Called from within MHD_add_connection(), and when the library is done with the connection. */
static void on_connection(void *arg, struct MHD_Connection *con, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http_server *s = arg;

	(void)con;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = s->incoming;
	else if (*context)
		release(s, *context);
}

static void cut(struct connection *c)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	shutdown(c->fd, SHUT_RDWR); /* the library sees a hangup, and closes */
	c->cut = true;
}

/* The part of @peer's address that counts as one client; 0 bytes: a local one, of which there may be any number. */
static size_t client_of(const struct sockaddr_storage *peer, const void **bytes)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)peer;
	const struct in6_addr *six = &((const struct sockaddr_in6 *)peer)->sin6_addr;

	if (peer->ss_family == AF_INET) {
		*bytes = &in->sin_addr;
		return ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET ? 0 : sizeof(in->sin_addr);
	}
	if (peer->ss_family != AF_INET6 || IN6_IS_ADDR_LOOPBACK(six))
		return 0;
	*bytes = six;
	if (IN6_IS_ADDR_V4MAPPED(six))
		return six->s6_addr[12] == IN_LOOPBACKNET ? 0 : sizeof(*six);
	return sizeof(*six) / 2;
}

static bool has_too_many(const struct http_server *s, const struct sockaddr_storage *peer)
{
	const void *mine, *other;
	size_t len = client_of(peer, &mine);
	int n = 0;

	for (int i = 0; len && i < s->max; i++) {
		const struct connection *c = &s->connections[i];

		if (c->fd >= 0 && c->peer.ss_family == peer->ss_family && client_of(&c->peer, &other) == len &&
		    !memcmp(mine, other, len))
			n++;
	}
	return n > 0 && n >= s->max / 4;
}

/* There is a free slot. @fd becomes the library's. */
static void add_connection(struct http_server *s, int fd, const struct sockaddr_storage *peer, socklen_t len)
{
	struct connection *c = s->connections;
	int size = SEND_BUFFER;

	while (c->fd >= 0)
		c++;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->peer = *peer;
	c->since = s->now_ns;
	s->n++;
	s->incoming = c;
	if (MHD_add_connection(s->daemon, fd, (const struct sockaddr *)peer, len) != MHD_YES)
		release(s, c); /* and it has closed the socket */
	s->incoming = NULL;
}

/* Takes who waits at @listener. */
static void accept_all(struct http_server *s, int listener)
{
	for (int i = 0; i < ACCEPTS; i++) {
		struct sockaddr_storage peer = {0};
		socklen_t len = sizeof(peer);
		int fd;

		if (s->n == s->max) {
			set_accepting(s, false);
			return;
		}
		fd = accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0 && has_too_many(s, &peer))
			close(fd);
		else if (fd >= 0)
			add_connection(s, fd, &peer, len);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			set_accepting(s, false); /* until the next tick */
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

/* --- The caller's side --- */

static int watch(int epoll, int fd, int data)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = data};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int start_library(struct http_server *s)
{
	const union MHD_DaemonInfo *info;

	s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, on_request, s,
				     MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)s->max,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				     MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED,
				     on_completed, s, MHD_OPTION_URI_LOG_CALLBACK, on_uri, s, MHD_OPTION_END);
	if (!s->daemon)
		return errno ? -errno : -ENOMEM;
	info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	return info ? watch(s->epoll, info->epoll_fd, -1) : -EINVAL;
}

static int start(struct http_server *s, const struct http_options *options)
{
	int err;

	s->now_ns = clock_ns(CLOCK_MONOTONIC);
	s->max = options->max_connections ? options->max_connections : HTTP_MAX_CONNECTIONS;
	s->connections = calloc((size_t)s->max, sizeof(*s->connections));
	if (!s->connections)
		return -ENOMEM;
	for (int i = 0; i < s->max; i++)
		s->connections[i].fd = -1;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		return -errno;
	err = start_library(s);
	for (int i = 0; !err && i < s->listeners.n; i++)
		err = watch(s->epoll, s->listeners.list[i].fd, s->listeners.list[i].fd);
	s->accepting = true;
	return err;
}

static int add_listeners(struct http_server *s, const struct http_options *options)
{
	int err = 0, one;

	for (int i = 0; i < options->n_fds; i++) {
		one = http_listeners__inherit(&s->listeners, options->fds[i]);
		err = err ? err : one;
	}
	for (int i = 0; !err && i < options->n_addresses; i++)
		err = http_listeners__add(&s->listeners, options->addresses[i]);
	for (int i = 0; i < s->listeners.n; i++) {
		size_t used = strlen(s->addresses);

		snprintf(s->addresses + used, sizeof(s->addresses) - used, "%s%s", i ? ", " : "",
			 s->listeners.list[i].name);
	}
	return err;
}

int http__open(const struct http_options *options, http_handler handler, void *arg, struct http_server **out)
{
	struct http_server *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->handler = handler;
	s->arg = arg;
	s->epoll = -1;
	err = add_listeners(s, options);
	if (!err) {
		err = start(s, options);
		if (err)
			fprintf(stderr, "vfslock: the HTTP server cannot start: %s\n", strerror(-err));
	}
	if (err) {
		http__close(s);
		return err;
	}
	*out = s;
	return 0;
}

int http__fd(const struct http_server *s)
{
	return s->epoll;
}

const char *http__addresses(const struct http_server *s)
{
	return s->addresses;
}

int http__timeout_ms(const struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG ms;

	return MHD_get_timeout(s->daemon, &ms) == MHD_YES && !ms ? 0 : -1;
}

void http__run(struct http_server *s)
{
	struct epoll_event events[HTTP_LISTENERS + 1];
	int n = epoll_wait(s->epoll, events, HTTP_LISTENERS + 1, 0);

	for (int i = 0; i < n; i++) {
		if (events[i].data.fd >= 0)
			accept_all(s, events[i].data.fd);
	}
	n = RUNS;
	do
		MHD_run(s->daemon);
	while (--n && !http__timeout_ms(s));
}

void http__tick(struct http_server *s, __u64 now_ns)
{
	bool crowded = s->n == s->max, stuffed = s->bodies > BODIES_MAX;

	s->now_ns = now_ns;
	for (int i = 0; i < s->max; i++) {
		struct connection *c = &s->connections[i];
		__u64 limit = crowded ? CROWDED_NS : REQUEST_NS;

		if (c->answering)
			limit = crowded || stuffed ? HURRY_NS : ANSWER_NS;
		if (c->fd >= 0 && !c->cut && now_ns - c->since >= limit)
			cut(c);
	}
	if (now_ns - s->rendered >= PAGE_NS) {
		http_cache__clear(&s->cache);
		s->rendered = now_ns;
		s->queries = 0;
	}
	if (!crowded)
		set_accepting(s, true);
}

void http__close(struct http_server *s)
{
	if (!s)
		return;
	if (s->daemon)
		MHD_stop_daemon(s->daemon);
	http_cache__clear(&s->cache);
	http_listeners__close(&s->listeners);
	if (s->epoll >= 0)
		close(s->epoll);
	free(s->connections);
	free(s);
}
