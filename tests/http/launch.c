/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * launch COUNT COMMAND...: runs COMMAND as systemd would with a socket unit: COUNT sockets listen already, the first on
 * 127.0.0.1, the others on names without a file, and are its descriptors from 3 on.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int make_socket(int family)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(family, SOCK_STREAM, 0), err;

	if (family == AF_INET)
		err = bind(fd, (struct sockaddr *)&in, sizeof(in));
	else
		err = bind(fd, (struct sockaddr *)&un, sizeof(un.sun_family));
	return err < 0 || listen(fd, 16) < 0 ? -1 : fd;
}

int main(int argc, char **argv)
{
	int count = argc > 2 ? atoi(argv[1]) : 0;
	char text[32];

	if (count < 1)
		return 2;
	closefrom(3);
	for (int i = 0; i < count; i++) {
		if (make_socket(i ? AF_UNIX : AF_INET) != 3 + i) {
			perror("launch");
			return 1;
		}
	}
	setenv("LISTEN_FDS", argv[1], 1);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
	execv(argv[2], argv + 2);
	perror(argv[2]);
	return 1;
}
