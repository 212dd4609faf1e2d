/* libmodbus against the same server as modbus_rate.rs: round trips a second, microseconds of processor time for each.
   usage: libmodbus_rate tcp HOST PORT COUNT | rtu PATH COUNT | serve-tcp PORT | serve-rtu PATH */
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double at(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int serve(modbus_t *m, int tcp) {
    modbus_mapping_t *map = modbus_mapping_new(64, 64, 64, 64);
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    int socket = -1;
    if (tcp) socket = modbus_tcp_listen(m, 4);
    else if (modbus_connect(m)) { perror("connect"); return 2; }
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        if (tcp && modbus_tcp_accept(m, &socket) < 0) return 1;
        for (;;) {
            int got = modbus_receive(m, query);
            if (got > 0) modbus_reply(m, query, got, map);
            else if (got == -1 && tcp) break;
        }
        if (tcp) modbus_close(m);
    }
}

int main(int n, char **v) {
    if (n < 3) return 2;
    if (!strcmp(v[1], "serve-tcp")) return serve(modbus_new_tcp("127.0.0.1", atoi(v[2])), 1);
    int rtu = strstr(v[1], "rtu") != NULL;
    modbus_t *m = rtu ? modbus_new_rtu(v[2], 115200, 'N', 8, 1) : modbus_new_tcp(v[2], atoi(v[3]));
    modbus_set_slave(m, 1);
    if (!strcmp(v[1], "serve-rtu")) return serve(m, 0);
    int count = atoi(v[rtu ? 3 : 4]);
    uint16_t words[10];
    if (modbus_connect(m)) { perror("connect"); return 2; }
    for (int i = 0; i < 100; i++)
        if (modbus_read_registers(m, 0, 10, words) != 10) { perror("read"); return 1; }
    double began = at(CLOCK_MONOTONIC), used = at(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < count; i++)
        if (modbus_read_registers(m, 0, 10, words) != 10) { perror("read"); return 1; }
    double seconds = at(CLOCK_MONOTONIC) - began;
    used = at(CLOCK_PROCESS_CPUTIME_ID) - used;
    printf("%.0f %.1f\n", count / seconds, used * 1e6 / count);
    return 0;
}
