/* What runs in the containers of the tests: GET /health, and POST /predict by the first word of its body.

   server [--port N] [--health-port N] [--unhealthy] [--fail WORDS]
   JSON: a number n gives {"prediction": n * FACTOR}. Others, by content type text/plain: `env NAME`, `args`, `file NAME`,
   `write NAME` in the artifact's folder, `status N`, `nothing`, `hold SECONDS`, `die`; anything else comes back as it is. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGEST (16 << 20)

static char arguments[1000];
static int healthy = 1;

static void end(int number) { (void)number; _exit(0); }

static void send_all(int to, const char *bytes, size_t size) {
    for (ssize_t sent; size; bytes += sent, size -= sent)
        if ((sent = write(to, bytes, size)) <= 0) _exit(0);
}

static void answer(int to, int status, const char *type, const char *body, size_t size) {
    char head[500];
    int length = snprintf(head, sizeof head, "HTTP/1.1 %d Said\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                          status, type, size);
    send_all(to, head, length);
    send_all(to, body, size);
}

static void text(int to, const char *body) { answer(to, 200, "text/plain", body, strlen(body)); }

static int in_artifact(const char *name, int flags) {
    char path[300];
    snprintf(path, sizeof path, "/opt/ds/model/deployed_model/%s", name);
    return open(path, flags, 0600);
}

static void predict(int to, const char *type, char *body, size_t size) {
    char said[4000] = "", *name = strchr(body, ' ') ? strchr(body, ' ') + 1 : "";
    if (strstr(type, "json")) {
        const char *factor = getenv("FACTOR");
        snprintf(said, sizeof said, "{\"prediction\": %lld}", atoll(body) * atoll(factor ? factor : "1"));
        answer(to, 200, "application/json", said, strlen(said));
    } else if (strcmp(type, "text/plain"))
        answer(to, 200, type, body, size);
    else if (!strncmp(body, "env ", 4))
        text(to, getenv(name) ? getenv(name) : "(none)");
    else if (!strcmp(body, "args"))
        text(to, arguments);
    else if (!strncmp(body, "file ", 5)) {
        int file = in_artifact(name, O_RDONLY);
        text(to, file >= 0 && read(file, said, sizeof said - 1) >= 0 ? said : strerror(errno));
    } else if (!strncmp(body, "write ", 6))
        text(to, in_artifact(name, O_WRONLY | O_CREAT) < 0 ? strerror(errno) : "written");
    else if (!strncmp(body, "status ", 7))
        answer(to, atoi(name), "application/x-refusal; v=1", "no\0way", 6);
    else if (!strcmp(body, "nothing"))
        send_all(to, "HTTP/1.1 204 No Content\r\n\r\n", 27);
    else if (!strncmp(body, "hold ", 5)) {
        printf("holding for %s\n", name), fflush(stdout);
        sleep(atoi(name));
        text(to, "held");
    } else if (!strcmp(body, "die")) {
        printf("told to die\n"), fflush(stdout);
        kill(1, SIGTERM);
        pause();
    } else
        text(to, body);
}

static void serve(int to) {
    static char head[20000], body[LARGEST + 1], type[300];
    for (;;) {
        size_t got = 0, size = 0, have;
        char *rest, *at;
        do {
            ssize_t more = read(to, head + got, sizeof head - 1 - got);
            if (more <= 0) _exit(0);
            head[got += more] = 0;
        } while (!(rest = strstr(head, "\r\n\r\n")));
        rest += 4;
        if ((at = strcasestr(head, "\r\ncontent-length:"))) size = atol(at + 17);
        type[0] = 0;
        if ((at = strcasestr(head, "\r\ncontent-type:"))) sscanf(at + 15, " %299[^\r]", type);
        if (size > LARGEST) _exit(1);
        memcpy(body, rest, have = head + got - rest);
        for (ssize_t more; have < size; have += more)
            if ((more = read(to, body + have, size - have)) <= 0) _exit(0);
        body[size] = 0;
        if (!strncmp(head, "GET /health ", 12))
            answer(to, healthy ? 200 : 503, "text/plain", "health", 6);
        else if (!strncmp(head, "POST /predict ", 14))
            predict(to, type, body, size);
        else
            answer(to, 404, "text/plain", "no such path", 12);
    }
}

static int listen_at(int port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, made = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(made, (void *)&at, sizeof at) || listen(made, 128)) perror("listen"), exit(1);
    return made;
}

int main(int count, char **words) {
    int port = 8080, health = 0;
    for (int i = 1; i < count; i++) {
        strncat(strncat(arguments, words[i], 200), " ", 2);
        if (!strcmp(words[i], "--port")) port = atoi(words[i + 1]);
        if (!strcmp(words[i], "--health-port")) health = atoi(words[i + 1]);
        if (!strcmp(words[i], "--unhealthy")) healthy = 0;
        if (!strcmp(words[i], "--fail")) fprintf(stderr, "%s\n", words[i + 1]), exit(3);
    }
    signal(SIGTERM, end);
    signal(SIGCHLD, SIG_IGN);
    struct pollfd doors[2] = {{listen_at(port), POLLIN, 0}, {health ? listen_at(health) : -1, POLLIN, 0}};
    printf("listening on %d\n", port), fflush(stdout);
    for (;;) {
        poll(doors, 2, -1);
        for (int i = 0; i < 2; i++) {
            int to = doors[i].revents & POLLIN ? accept(doors[i].fd, 0, 0) : -1;
            if (to < 0) continue;
            if (!fork()) serve(to);
            close(to);
        }
    }
}
