#define _GNU_SOURCE
#include "netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"

enum { ANSWER_ROOM = 16384 };

enum { FIELD_WHAT = 1, FIELD_MESSAGES, FIELD_OFFSET };

int netlink_open(int protocol) {
  static const int on = 1;
  int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (descriptor < 0) return -1;
  // Words beside the number, and no copy of the whole message, where the kernel can.
  setsockopt(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  setsockopt(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  return descriptor;
}

// The kernel's own words on a failure, or nothing. Documentation/userspace-api/netlink/intro.rst, "Ext ACK"
static const char *words_of(const struct nlmsghdr *header) {
  size_t at = NLMSG_LENGTH(sizeof(struct nlmsgerr));
  if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return "";
  // Without NETLINK_CAP_ACK the message that is answered stands before them.
  if (!(header->nlmsg_flags & NLM_F_CAPPED)) at += ((const struct nlmsgerr *)NLMSG_DATA(header))->msg.nlmsg_len - sizeof(struct nlmsghdr);
  while (at + sizeof(struct nlattr) <= header->nlmsg_len) {
    const struct nlattr *attribute = (const void *)((const char *)header + at);
    const char *text = (const char *)(attribute + 1);
    if (attribute->nla_len < sizeof *attribute || at + attribute->nla_len > header->nlmsg_len) return "";
    size_t length = attribute->nla_len - sizeof *attribute;
    if (attribute->nla_type == NLMSGERR_ATTR_MSG && length > 0 && text[length - 1] == '\0') return text;
    at += (size_t)NLA_ALIGN(attribute->nla_len);
  }
  return "";
}

// The first refusal counts: those after it may only follow from it.
static void read_answer(const char *answer, size_t length, const char *what, failure_t *failure, int *result) {
  for (size_t at = 0; at + NLMSG_HDRLEN <= length;) {
    const struct nlmsghdr *header = (const void *)(answer + at);
    if (header->nlmsg_len < NLMSG_HDRLEN || at + header->nlmsg_len > length) return;
    const struct nlmsgerr *error = (const void *)NLMSG_DATA(header);
    if (header->nlmsg_type == NLMSG_ERROR && header->nlmsg_len >= NLMSG_LENGTH(sizeof *error) && error->error != 0 && *result == 0)
      *result = fail(failure, -error->error, what, "cannot %s%s%s", what, *words_of(header) ? ": " : "", words_of(header));
    at += (size_t)NLMSG_ALIGN(header->nlmsg_len);
  }
}

int netlink_send(int socket, const void *bytes, size_t length, const char *what, failure_t *failure) {
  _Alignas(struct nlmsghdr) char answer[ANSWER_ROOM];
  int result = 0;
  int answers = 0;
  if (send(socket, bytes, length, 0) != (ssize_t)length) return fail(failure, errno, what, "cannot %s", what);
  // The kernel has done all of it before send returns, and its answers are here.
  for (;; answers++) {
    ssize_t count = recv(socket, answer, sizeof answer, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == ENOBUFS) return fail(failure, errno, what, "cannot %s", what);
    if (count <= 0) break;
    read_answer(answer, (size_t)count, what, failure, &result);
  }
  return answers > 0 || result < 0 ? result : fail(failure, EPROTO, what, "cannot %s: the kernel does not answer", what);
}

// The number of the descriptor goes where the messages leave four bytes for it.
static int put_network(char *messages, const record_t *record, int network, failure_t *failure) {
  uint64_t offset = 0;
  int32_t number = network;
  if (record_text(record, FIELD_OFFSET)[0] == '\0') return 0;
  uint32_t length = record->fields[FIELD_MESSAGES].length;
  if (length < sizeof number) return fail(failure, EINVAL, "", "there is no place for the namespace");
  if (record_number(record, FIELD_OFFSET, length - sizeof number, &offset, failure) < 0) return -1;
  memcpy(messages + offset, &number, sizeof number);
  return 0;
}

int netlink_run(int socket, const record_t *record, int network, failure_t *failure) {
  const char *what = record_text(record, FIELD_WHAT);
  failure_t ignored = {0};
  uint32_t length = record->fields[FIELD_MESSAGES].length;
  cleanup_free char *messages = malloc(length + 1U);
  if (!messages) return fail(failure, ENOMEM, what, "no memory for the messages");
  memcpy(messages, record->fields[FIELD_MESSAGES].bytes, length);
  if (put_network(messages, record, network, failure) < 0) return -1;
  if (*what) return netlink_send(socket, messages, length, what, failure);
  netlink_send(socket, messages, length, "send", &ignored);
  return 0;
}
