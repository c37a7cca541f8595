/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages that were rendered; see http_cache.h. */
#include "http_cache.h"

#include <string.h>

#include <microhttpd.h>

struct MHD_Response *http_cache__find(const struct http_cache *c, const struct http_request *rq)
{
	for (int i = 0; i < c->n; i++) {
		const struct http_page *p = &c->pages[i];

		if (p->openmetrics == rq->openmetrics && !strcmp(p->path, rq->path) && !strcmp(p->query, rq->query))
			return p->response;
	}
	return NULL;
}

bool http_cache__keep(struct http_cache *c, const struct http_request *rq, struct MHD_Response *response)
{
	struct http_page *p = &c->pages[c->n];

	if (c->n == HTTP_CACHE_PAGES || strlen(rq->path) >= sizeof(p->path) || strlen(rq->query) >= sizeof(p->query))
		return false;
	snprintf(p->path, sizeof(p->path), "%s", rq->path);
	snprintf(p->query, sizeof(p->query), "%s", rq->query);
	p->openmetrics = rq->openmetrics;
	p->response = response;
	c->n++;
	return true;
}

void http_cache__clear(struct http_cache *c)
{
	for (int i = 0; i < c->n; i++)
		MHD_destroy_response(c->pages[i].response);
	c->n = 0;
}
