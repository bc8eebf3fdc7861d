// Drives the monitor's pure parts; `make sanitize` and monitor-units.test.ts build it with the sanitizers. Prints how much it looked at; the first thing that is wrong aborts.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detach-keys.h"
#include "frames.h"
#include "health.h"
#include "journal.h"
#include "json.h"
#include "log.h"
#include "moment.h"
#include "restart.h"

static unsigned long checks;

static void check(int holds, const char *what) {
  checks++;
  if (holds) return;
  fprintf(stderr, "does not hold: %s\n", what);
  abort();
}

static unsigned next_random(void) {
  static unsigned state = 12345;
  state = state * 1103515245U + 12345U;
  return state >> 8;
}

static void check_frames_in_pieces(size_t piece) {
  static const char stream[] = "\x09\0\0\0\0\0\0\1\5" "\0\0\0\0\0\0\0\5hello" "\0\0\0\0\0\0\0\0" "\4\0\0\0\0\0\0\0" "\x0a\0\0\0\0\0\0\2no" "\6\0\0\0\0\0\0\1\x0f";
  frame_reader_t reader = {0};
  char seen[64] = "";
  for (size_t offset = 0; offset < sizeof stream - 1; offset += piece) {
    size_t length = sizeof stream - 1 - offset < piece ? sizeof stream - 1 - offset : piece;
    char *copy = malloc(length);
    memcpy(copy, stream + offset, length);
    const char *bytes = copy;
    for (frame_state_t state = frame_read(&reader, &bytes, &length); state != FRAME_MORE; state = frame_read(&reader, &bytes, &length)) {
      check(state != FRAME_MALFORMED, "the frames are well-formed");
      char word[16];
      size_t count = frame_stdin_length(&reader, length);
      if (state == FRAME_HAS_BYTES) {
        strncat(seen, bytes, count);
        frame_take(&reader, count);
        bytes += count;
        length -= count;
        continue;
      }
      snprintf(word, sizeof word, "<%d:%u>", frame_type(&reader), reader.length);
      strcat(seen, word);
    }
    free(copy);
  }
  check(strcmp(seen, "<9:1>hello<4:0><10:2><6:1>") == 0, seen);
}

static void check_random_frames(void) {
  for (int round = 0; round < 20000; round++) {
    frame_reader_t reader = {0};
    size_t length = next_random() % 200;
    size_t room = length;
    char *copy = malloc(room + 1);
    for (size_t i = 0; i < length; i++) copy[i] = (char)(next_random() % 5 == 0 ? next_random() : next_random() % 12 * (i % 4 == 0));
    const char *bytes = copy;
    frame_state_t state = FRAME_COMPLETE;
    while (state == FRAME_COMPLETE || state == FRAME_HAS_BYTES) {
      state = frame_read(&reader, &bytes, &length);
      if (state != FRAME_HAS_BYTES) continue;
      size_t count = frame_stdin_length(&reader, length);
      frame_take(&reader, count);
      bytes += count;
      length -= count;
    }
    check(bytes >= copy && bytes <= copy + room, "a reader stays within its bytes");
    free(copy);
  }
}

static void check_json(const char *bytes, size_t length, const char *expected) {
  char *out = malloc(length * JSON_GROWTH + 1);
  char *copy = malloc(length + 1);
  memcpy(copy, bytes, length);
  char *end = json_escape(out, copy, length);
  check((size_t)(end - out) == strlen(expected) && memcmp(out, expected, strlen(expected)) == 0, expected);
  free(copy);
  free(out);
}

static void check_random_text(void) {
  for (int round = 0; round < 20000; round++) {
    size_t length = next_random() % 64;
    char *bytes = malloc(length + 1);
    char *out = malloc(length * JSON_GROWTH + 1);
    for (size_t i = 0; i < length; i++) bytes[i] = (char)(next_random() % 3 ? 0x80 + next_random() % 128 : next_random());
    size_t tail = utf8_open_tail(bytes, length);
    char *end = json_escape(out, bytes, length);
    check(end <= out + length * JSON_GROWTH, "escaped text has room");
    check(tail <= 3 && tail <= length, "an open tail is short");
    for (const char *at = out; at < end; at++) check((unsigned char)*at >= 0x20, "no control character is left");
    free(out);
    free(bytes);
  }
}

static void check_tails(void) {
  check(utf8_open_tail("a\xe2\x82", 3) == 2, "two bytes of three are open");
  check(utf8_open_tail("a\xe2\x82\xac", 4) == 0, "a whole character is not");
  check(utf8_open_tail("\xf0\x9f\x98", 3) == 3, "three of four are");
  check(utf8_open_tail("\xe0\x80", 2) == 0, "what can become no character is not");
  check(utf8_open_tail("\x80\x80\x80\x80", 4) == 0, "nor are followers alone");
  check(utf8_open_tail("", 0) == 0, "nor is nothing");
}

static char *read_file(const char *path, size_t *length) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  char *bytes = calloc(1, 4 << 20);
  ssize_t count = read(file, bytes, (4 << 20) - 1);
  check(count >= 0, "the file is readable");
  *length = (size_t)count;
  close(file);
  return bytes;
}

// The same bytes in pieces of any size make the same log, but for the times.
static void check_log_pieces(const char *folder) {
  char path[4096];
  char *first = NULL;
  static char bytes[120000];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(next_random() % 400 == 0 ? '\n' : i % 50000 < 20000 ? 'a' : (int)next_random());
  for (size_t piece = 1; piece < 200000; piece = piece * 7 + 1) {
    log_t *log = NULL;
    failure_t failure = {0};
    size_t length = 0;
    snprintf(path, sizeof path, "%s/pieces", folder);
    unlink(path);
    check(log_open(&log, path, 0, 1, &failure) == 0, "the log opens");
    for (size_t offset = 0; offset < sizeof bytes; offset += piece) log_write(log, LOG_STDOUT, bytes + offset, sizeof bytes - offset < piece ? sizeof bytes - offset : piece);
    log_end(log);
    log_close(log);
    char *text = read_file(path, &length);
    for (char *at = strstr(text, "\"time\":\""); at; at = strstr(at + 8, "\"time\":\"")) memset(at + 8, '-', MOMENT_TEXT);
    if (first) check(strcmp(first, text) == 0, "pieces do not matter");
    if (!first)
      first = text;
    else
      free(text);
  }
  free(first);
}

static void check_log_failures(const char *folder) {
  char path[4096];
  log_t *log = NULL;
  failure_t failure = {0};
  snprintf(path, sizeof path, "%s/none/log", folder);
  check(log_open(&log, path, 0, 1, &failure) < 0 && strcmp(errno_name(failure.number), "ENOENT") == 0, "a log in no folder does not open");
}

static void check_journal(const char *folder) {
  char path[4096];
  char output[4096];
  int journal = -1;
  failure_t failure = {.operation = "exec", .target = "a \"b\"\n", .message = "cannot", .number = 2};
  size_t length = 0;
  memset(output, '\xff', sizeof output);
  snprintf(path, sizeof path, "%s/journal", folder);
  check(journal_open(&journal, path, &failure) == 0, "the journal opens");
  journal_start(journal, 12, 34);
  journal_failed(journal, &failure, 1);
  health_record_t record = {.status = "unhealthy", .exit_code = -1, .output = output, .output_length = sizeof output, .failing_streak = 3, .started_at_ns = 5};
  journal_health(journal, &record);
  close(journal);
  char *text = read_file(path, &length);
  check(strncmp(text, "{\"event\":\"start\",\"pid\":12,\"startTicks\":34,\"atNs\":\"", 50) == 0, "the start line");
  check(strstr(text, "\"target\":\"a \\\"b\\\"\\n\",\"errno\":\"ENOENT\"") != NULL, "texts are escaped");
  check(length > sizeof output * 6, "the longest line is whole");
  exit_record_t ended = {.exit_code = 137, .signal = 9, .oom_kills = 2, .is_final = 1, .at_ns = 7};
  char line[256];
  size_t count = format_exit(line, sizeof line - 1, &ended);
  line[count] = '\0';
  check(strcmp(line, "{\"event\":\"exit\",\"exitCode\":137,\"signal\":9,\"oomKilled\":true,\"oomKills\":2,\"final\":true,\"atNs\":\"7\"}") == 0, line);
  check(format_exit(line, 20, &ended) <= 20, "what does not fit is left out");
  free(text);
}

static void check_restarts(void) {
  restart_t restart = {0};
  check(restart_parse(&restart, "sometimes", "") < 0 && restart_parse(&restart, "always", "-1") < 0, "unknown policies are refused");
  check(restart_parse(&restart, "always", "") == 0, "always");
  for (uint64_t delay = 100; delay < 60000; delay *= 2) check(restart_decide(&restart, 0, 10) && restart.delay_ms == delay, "waits double");
  check(restart_decide(&restart, 0, 10) && restart.delay_ms == 60000, "up to a minute");
  check(restart_decide(&restart, 0, 9999) && restart.delay_ms == 60000, "as long as runs are short");
  check(restart_decide(&restart, 0, 10000) && restart.delay_ms == 100, "a long run begins anew");
  check(restart_parse(&restart, "on-failure", "2") == 0, "on-failure");
  restart.attempts = 0;
  check(restart_decide(&restart, 1, 0) && restart_decide(&restart, 1, 0) && !restart_decide(&restart, 1, 0), "twice");
  check(restart_parse(&restart, "on-failure", "0") == 0 && restart_decide(&restart, 1, 0) && !restart_decide(&restart, 0, 0), "any number, but not after success");
  check(restart_parse(&restart, "no", "") == 0 && !restart_decide(&restart, 1, 0), "no");
}

static void check_health(void) {
  const health_rules_t rules = {.interval_ms = 1000, .start_period_ms = 5000, .start_interval_ms = 100, .retries = 2};
  health_state_t state = {0};
  health_judge(&state, &rules, 1, 4999);
  check(state.failing_streak == 0 && health_wait_ms(&state, &rules, 4999) == 100, "failures in the start period do not count");
  check(health_wait_ms(&state, &rules, 5000) == 1000, "after it the interval is the long one");
  health_judge(&state, &rules, 1, 5000);
  check(state.status == HEALTH_STARTING && state.failing_streak == 1, "one failure is not enough");
  health_judge(&state, &rules, -1, 6000);
  check(state.status == HEALTH_UNHEALTHY, "two are");
  health_judge(&state, &rules, 0, 7000);
  check(state.status == HEALTH_HEALTHY && state.failing_streak == 0, "success heals");
  health_judge(&state, &rules, 1, 10);
  check(state.failing_streak == 1 && health_wait_ms(&state, &rules, 10) == 1000, "who was healthy has no start period");
}

static void check_durations(void) {
  static const struct {
    uint64_t milliseconds;
    const char *text;
  } cases[] = {{0, "0s"}, {500, "500ms"}, {1000, "1s"}, {1500, "1.5s"}, {30000, "30s"}, {90000, "1m30s"}, {3600000, "1h0m0s"}, {5025250, "1h23m45.25s"}};
  char text[DURATION_TEXT];
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    format_duration(text, cases[i].milliseconds);
    check(strcmp(text, cases[i].text) == 0, cases[i].text);
  }
  char moment[MOMENT_TEXT];
  format_moment(moment, 1767323045123456789U);
  check(memcmp(moment, "2026-01-02T03:04:05.123456789Z", MOMENT_TEXT) == 0, "a moment");
}

// Typed in pieces of `piece` bytes, each in a buffer as client.c has it. `|` at the end of what is expected: the keys are complete.
static void check_detach_pieces(const char *keys, const char *typed, const char *expected, size_t piece) {
  detach_keys_t detach = {.count = strlen(keys)};
  char seen[64] = "";
  size_t seen_length = 0;
  int is_complete = 0;
  memcpy(detach.keys, keys, detach.count);
  for (size_t offset = 0; offset < strlen(typed) && !is_complete; offset += piece) {
    size_t length = strlen(typed) - offset < piece ? strlen(typed) - offset : piece;
    char *buffer = malloc(DETACH_KEYS_LIMIT + length);
    memcpy(buffer + DETACH_KEYS_LIMIT, typed + offset, length);
    size_t passed = detach_keys_scan(&detach, buffer + DETACH_KEYS_LIMIT, length, buffer, &is_complete);
    check(seen_length + passed < sizeof seen - 1, "no more goes on than was typed");
    memcpy(seen + seen_length, buffer, passed);
    seen_length += passed;
    free(buffer);
  }
  if (is_complete) seen[seen_length++] = '|';
  seen[seen_length] = '\0';
  check(strcmp(seen, expected) == 0, seen);
}

// The cases of unit/detach-keys.test.ts.
static void check_detach_keys(void) {
  static const struct {
    const char *keys;
    const char *typed;
    const char *expected;
  } cases[] = {{"\x10\x11", "ls\r", "ls\r"},   {"\x10\x11", "ls\x10\x11" "cd", "ls|"}, {"\x10\x11", "\x10" "a", "\x10" "a"}, {"\x10\x11", "a\x10\x10\x11", "a\x10|"},
               {"\x10\x11", "\x11\x10", "\x11"}, {"ab", "aab", "a|"},                     {"aab", "aaab", "aaab"},            {"aab", "aacaab", "aac|"},
               {"x", "yx", "y|"},                {"", "any\x10\x11", "any\x10\x11"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    for (size_t piece = 1; piece < 8; piece++) check_detach_pieces(cases[i].keys, cases[i].typed, cases[i].expected, piece);
}

static void check_random_keys(void) {
  for (int round = 0; round < 20000; round++) {
    detach_keys_t detach = {.count = next_random() % (DETACH_KEYS_LIMIT + 1)};
    char buffer[DETACH_KEYS_LIMIT + 96];
    int is_complete = 0;
    for (size_t i = 0; i < detach.count; i++) detach.keys[i] = (char)('a' + next_random() % 2 * (next_random() % 8 == 0));
    for (int turn = 0; turn < 4 && !is_complete; turn++) {
      size_t length = next_random() % 96;
      size_t held = detach.matched;
      for (size_t i = 0; i < length; i++) buffer[DETACH_KEYS_LIMIT + i] = (char)('a' + next_random() % 2 * (next_random() % 8 == 0));
      size_t passed = detach_keys_scan(&detach, buffer + DETACH_KEYS_LIMIT, length, buffer, &is_complete);
      check(is_complete || passed + detach.matched == held + length, "what was typed has gone on or is held back");
    }
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  for (size_t piece = 1; piece < 64; piece++) check_frames_in_pieces(piece);
  check_random_frames();
  check_detach_keys();
  check_random_keys();
  check_json("<a&\"\\>\n\r\t\x01\x7f", 11, "\\u003ca\\u0026\\\"\\\\\\u003e\\n\\r\\u0009\\u0001\x7f");
  check_json("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", 9, "\\u2028\\u2029\xe2\x80\xaa");
  check_json("\xf4\x90\x80\x80\xc1\xbf", 6, "\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd");
  check_random_text();
  check_tails();
  check_log_pieces(argv[1]);
  check_log_failures(argv[1]);
  check_journal(argv[1]);
  check_restarts();
  check_health();
  check_durations();
  printf("%lu checks\n", checks);
  return 0;
}
