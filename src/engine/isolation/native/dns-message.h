// DNS messages as the container's resolver reads and writes them. No I/O. RFC 1035, section 4; RFC 3596 (AAAA); RFC 6891 (options)
#pragma once

#include <stddef.h>
#include <stdint.h>

// Bytes: a header; the text of a name with its NUL; a message over UDP from and to whoever says nothing else.
enum { DNS_HEADER = 12, DNS_NAME_TEXT = 254, DNS_UDP_ROOM = 512 };

// Docker's time to live, seconds.
enum { DNS_TTL = 600 };

enum { DNS_NO_ERROR = 0, DNS_FORMAT_ERROR = 1, DNS_SERVER_FAILURE = 2, DNS_NOT_IMPLEMENTED = 4, DNS_REFUSED = 5 };

enum { DNS_TYPE_A = 1, DNS_TYPE_PTR = 12, DNS_TYPE_AAAA = 28, DNS_TYPE_OPTIONS = 41, DNS_TYPE_ANY = 255 };

enum { DNS_CLASS_INTERNET = 1 };

typedef struct {
  uint16_t type;
  uint16_t class_;
  size_t question_end;        // offset behind the question; DNS_HEADER: it could not be read
  char name[DNS_NAME_TEXT];   // in lower case, labels with dots between them, no dot at the end; empty where that text would not tell the name
  int has_options;
  size_t room;                // of an answer over UDP, bytes; DNS_UDP_ROOM at least
} dns_query_t;

// One of DNS_NO_ERROR, DNS_FORMAT_ERROR and DNS_NOT_IMPLEMENTED; -1: what nobody should answer.
int dns_parse(const unsigned char *bytes, size_t length, dns_query_t *query);

// An answer with nothing but the code, and the question where that was read. `out` has DNS_UDP_ROOM bytes. Returns the length.
size_t dns_error(unsigned char *out, const unsigned char *bytes, const dns_query_t *query, int code);

typedef struct {
  unsigned char *bytes;
  size_t length;
  size_t room;
  unsigned count;
  int has_options;
} dns_answer_t;

// `room` is DNS_UDP_ROOM at least. What does not fit is left out, and the answer says so.
void dns_answer_begin(dns_answer_t *answer, unsigned char *out, size_t room, const unsigned char *bytes, const dns_query_t *query);
void dns_answer_address(dns_answer_t *answer, int family, const unsigned char *address);
void dns_answer_pointer(dns_answer_t *answer, const char *name);
size_t dns_answer_end(dns_answer_t *answer);

// The address that a name of in-addr.arpa or ip6.arpa speaks of: AF_INET, AF_INET6, or 0.
int dns_parse_reverse(const char *name, unsigned char address[16]);

// True for an answer of that id to the question that the query has.
int dns_is_answer(const unsigned char *answer, size_t length, uint16_t id, const unsigned char *query, size_t question_end);

// Of a message of DNS_HEADER bytes at least.
uint16_t dns_id(const unsigned char *bytes);
void dns_set_id(unsigned char *bytes, uint16_t id);
int dns_code(const unsigned char *bytes);
