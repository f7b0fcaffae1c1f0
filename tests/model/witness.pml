/* Mode B, `witness`: three voters, two of whom make a majority (ecv/protocol.md sections 1 to 5). Voter v below SITES
 * is site v's own; the others are witnesses. Nothing is assumed of the network: any datagram may come at any later
 * time, or never, in one direction or in both.
 *
 * Time goes in ticks: in each, every site and witness takes one step: it reads what has come, decides one thing, sends.
 * Then time passes for all alike. Timers err by up to DR ticks: a lease runs its time or DR longer, a promise always
 * ends DR early, which allows all that a later end allows.
 *
 * A site's own vote is one of its two, and renewed in each of its steps; so its lease is that of the other vote.
 *
 * Settings come from the environment (tests/model/run sets them). BROKEN names a rule that is taken away, REACH a place
 * of which is asked whether it is reached.
 */
#ifndef SITES
#define SITES 2
#endif
#define VOTERS 3

c_decl {
\#include <stdlib.h>
static int setting(const char *name, int otherwise) { return getenv(name) ? atoi(getenv(name)) : otherwise; }
}
/* Settings are no part of a state; but a breadth-first search, which --trail makes, knows nothing hidden. */
#ifdef SHOW
#define setting_byte byte
#define SET(name, value) now.name = (value)
#define GET(name) now.name
#else
#define setting_byte hidden byte
#define SET(name, value) name = (value)
#define GET(name) name
#endif
setting_byte L;       /* lease */
setting_byte F;       /* G + F: from the end of the permit until the guard has closed the database */
setting_byte DR;      /* error of a timer */
setting_byte TG;      /* T_grant: L + G + F, and the drift of a lease and of a promise */
setting_byte PAUSE;   /* SIGSTOP of sitecheck; guard and database go on */
setting_byte CRASH;   /* a site's sitecheck or a witness dies and starts again */
setting_byte RELEASE; /* votes are given back before they end */
setting_byte REACH, BROKEN, ALSO;

#define LEASE_FROM_RECEIPT 1   /* rule 1 */
#define KEPT_CANDIDACY 2       /* rule 4 */
#define KEPT_NONCES 3          /* rule 4: who stops standing or writing takes late grants for requests of before */
#define NO_BOOT_WAIT 4         /* rule 5 */
#define FENCING_GRANTS 5       /* rule 6 */
#define NO_GUARD 6             /* rule 7 */
#define OLD_RELEASE 7          /* rule 11: a release counts after a later request was heard */
#define NO_PROOF 8             /* rule 11: a voter that restarted takes datagrams of before */
#define RELEASE_OPEN 9         /* votes given back before the database is closed */
#define FICKLE 10              /* section 1: a voter grants another before its promise has ended */
#define NO_OWN_VOTE 11         /* section 1: one vote is enough */
#define broken(rule) (BROKEN == (rule) || ALSO == (rule))

#define OLD (L + DR) /* an age that earns no lease any more */
#define NO 31
#define NOBODY 3

#define STANDBY 0
#define CANDIDATE 1
#define PROMOTING 2
#define ACTIVE 3
#define FENCING 4
#define holds(s) (mode[s] == PROMOTING || mode[s] == ACTIVE)

/* A site. */
byte mode[SITES];
bit open[SITES];        /* the database takes writes */
byte lease[SITES];      /* ticks left of the permit */
byte closing[SITES];    /* ticks that the guard may still need */
bit paused[SITES];

/* A voter. */
byte holder[VOTERS];    /* to whom the vote is promised; NOBODY with a promise that runs: the moratorium of a boot */
byte promise[VOTERS];   /* ticks left of it */

/* Between site s and voter v, at AT(s, v): under way are a request, an answer, a release. */
#define AT(s, v) ((s) * VOTERS + (v))
byte asked[SITES * VOTERS];     /* age of the request; NO: none */
byte granted[SITES * VOTERS];   /* age of the request that the grant answers; NO: none */
byte released[SITES * VOTERS];  /* 0 none, 1 a release, 2 one that a later request has overtaken (for NO_PROOF) */
bit later[SITES * VOTERS];      /* the request was sent after the release */

byte first;
bit early;

/* Within a step. */
byte i, v, dr, grew;

inline draw() { if :: dr = 0 :: DR > 0 -> dr = DR fi }

/* A lease counts from the sending of its request, a ticks ago (rule 1). */
inline earn(s, a) {
  draw();
  grew = 0;
  if
  :: broken(LEASE_FROM_RECEIPT) -> grew = L + dr
  :: !broken(LEASE_FROM_RECEIPT) && (a) < L + dr -> grew = L + dr - (a)
  :: else -> skip
  fi;
  if :: grew > lease[s] -> lease[s] = grew :: else -> skip fi;
  dr = 0
}

/* What s asked for so far is void (rule 4). */
inline void_requests(s) {
  if
  :: broken(KEPT_NONCES) -> skip
  :: else ->
       i = 0;
       do
       :: i < VOTERS ->
            if :: asked[AT(s, i)] != NO -> asked[AT(s, i)] = OLD :: else -> skip fi;
            granted[AT(s, i)] = NO;
            i++
       :: else -> i = 0; break
       od
  fi
}

/* The permit is gone, by time or by choice: FENCING if the database is open. The own vote stays until it is closed. */
inline fence(s, within) {
  lease[s] = 0;
  if :: open[s] -> mode[s] = FENCING; closing[s] = within :: else -> mode[s] = STANDBY fi;
  void_requests(s)
}

#define promised_to_other(w, s) (promise[w] > 0 && holder[w] != (s) && !broken(FICKLE))

inline vote(w, s) { holder[w] = s; promise[w] = TG - DR; granted[AT(s, w)] = asked[AT(s, w)] }

/* Voter w hears the request of site s. */
inline hear_request(s, w) {
  if
  :: later[AT(s, w)] && broken(OLD_RELEASE) -> later[AT(s, w)] = 0
  :: later[AT(s, w)] && !broken(OLD_RELEASE) ->
       released[AT(s, w)] = (broken(NO_PROOF) -> 2 : 0); later[AT(s, w)] = 0   /* rule 11: growing seq */
  :: else -> skip
  fi;
  if
  :: w >= SITES && !promised_to_other(w, s) -> vote(w, s)
  :: w < SITES && mode[w % SITES] == STANDBY && !promised_to_other(w, s) -> vote(w, s)   /* rule 6 */
  :: w < SITES && mode[w % SITES] == CANDIDATE ->
       vote(w, s);
       if :: !broken(KEPT_CANDIDACY) -> mode[w % SITES] = STANDBY; void_requests(w) :: else -> skip fi   /* rule 4 */
  :: w < SITES && mode[w % SITES] == FENCING && broken(FENCING_GRANTS) -> vote(w, s)
  :: w < SITES && mode[w % SITES] == CANDIDATE -> skip
  :: else -> skip
  fi;
  asked[AT(s, w)] = NO
}

/* Voter w hears that site s gives its vote back. What s sent before that counts for nothing (rule 11). */
inline hear_release(s, w) {
  if :: holder[w] == s -> holder[w] = NOBODY; promise[w] = 0; assert(REACH != 1) :: else -> skip fi;
  if :: !later[AT(s, w)] -> asked[AT(s, w)] = NO :: else -> skip fi;
  released[AT(s, w)] = 0; later[AT(s, w)] = 0
}

inline hear_grant(s, w) {
  if
  :: mode[s] == CANDIDATE ->
       earn(s, granted[AT(s, w)]);
       if :: lease[s] > 0 -> mode[s] = PROMOTING; assert(REACH != 2) :: else -> skip fi
  :: holds(s) -> earn(s, granted[AT(s, w)]); assert(REACH != 3 || grew == 0)
  :: else -> skip
  fi;
  granted[AT(s, w)] = NO
}

/* What has come for voter w, from any site. */
inline hear_sites(w) {
  v = 0;
  do
  :: v < SITES && v != w ->
       if :: asked[AT(v, w)] != NO -> hear_request(v, w) :: true -> skip fi;
       if :: released[AT(v, w)] == 1 -> hear_release(v, w) :: true -> skip fi;
       v++
  :: v < SITES && v == w -> v++
  :: else -> v = 0; break
  od
}

inline send_requests(s) {
  v = 0;
  do
  :: v < VOTERS && v != s ->
       if
       :: asked[AT(s, v)] = 0; later[AT(s, v)] = (released[AT(s, v)] == 1)
       :: asked[AT(s, v)] != NO -> skip
       fi;
       v++
  :: v < VOTERS && v == s -> v++
  :: else -> v = 0; break
  od
}

inline drop_own_vote(s) { if :: holder[s] == s -> holder[s] = NOBODY; promise[s] = 0 :: else -> skip fi }

/* Closed, and all that it asked for is void: every voter may have its vote back. */
inline give_back(s) {
  drop_own_vote(s);
  v = 0;
  do
  :: v < VOTERS && v != s -> released[AT(s, v)] = 1; later[AT(s, v)] = 0; v++
  :: v < VOTERS && v == s -> v++
  :: else -> v = 0; break
  od
}

/* A voter starts again: what it promised is not known (rule 5), nor what it heard (rule 11). */
inline forget(w) {
  holder[w] = NOBODY; promise[w] = (broken(NO_BOOT_WAIT) -> 0 : TG - DR);
  i = 0;
  do
  :: i < SITES && broken(NO_PROOF) ->
       if :: released[AT(i, w)] == 2 -> released[AT(i, w)] = 1 :: else -> skip fi;
       i++
  :: i < SITES && !broken(NO_PROOF) -> asked[AT(i, w)] = NO; released[AT(i, w)] = 0; later[AT(i, w)] = 0; i++
  :: else -> i = 0; break
  od
}

inline restart(s) {
  forget(s);
  if
  :: lease[s] > 0 && holds(s) ->                            /* section 3: within the lease it stays ACTIVE */
       mode[s] = ACTIVE; open[s] = 1; holder[s] = s; promise[s] = TG - DR; void_requests(s)
  :: mode[s] != FENCING -> fence(s, F + 1)
  :: mode[s] == FENCING -> skip
  fi
}

inline decide(s) {
  if
  :: true -> skip
  :: mode[s] == STANDBY && (promise[s] == 0 || holder[s] == s) -> void_requests(s); mode[s] = CANDIDATE
  :: mode[s] == CANDIDATE -> fence(s, F + 1); drop_own_vote(s)
  :: mode[s] == CANDIDATE && broken(NO_OWN_VOTE) -> mode[s] = PROMOTING; lease[s] = L
  :: mode[s] == PROMOTING -> mode[s] = ACTIVE; open[s] = 1
  :: holds(s) -> fence(s, F + 1)
  :: mode[s] == FENCING && !open[s] -> mode[s] = STANDBY
  :: RELEASE && mode[s] == STANDBY -> give_back(s)
  :: mode[s] == FENCING && broken(RELEASE_OPEN) -> give_back(s)
  :: CRASH -> restart(s)
  fi;
  if
  :: mode[s] == CANDIDATE || holds(s) -> holder[s] = s; promise[s] = TG - DR; send_requests(s)
  :: else -> skip
  fi
}

inline hear_voters(s) {
  v = 0;
  do
  :: v < VOTERS && granted[AT(s, v)] != NO -> if :: hear_grant(s, v) :: true -> skip fi; v++
  :: v < VOTERS && granted[AT(s, v)] == NO -> v++
  :: else -> v = 0; break
  od
}

inline step(s) {
  if
  :: PAUSE -> paused[s] = 1
  :: true -> hear_voters(s); hear_sites(s); decide(s)
  fi;
  grew = 0
}

/* A witness hears, or hears nothing, or starts again. */
inline step_witness(w) {
  if :: w >= SITES -> hear_sites(w); if :: CRASH -> forget(w) :: true -> skip fi :: else -> skip fi
}

#define falls(x) x = (x > 0 -> x - 1 : 0)
#define guarded(s) (!broken(NO_GUARD) || !paused[s])

/* Time passes, and the guard acts (rule 7, section 5). */
inline pass_site(s) {
  if
  :: mode[s] == FENCING && open[s] && guarded(s) ->
       falls(closing[s]);
       if :: closing[s] == 0 -> open[s] = 0 :: closing[s] > 0 -> if :: open[s] = 0; closing[s] = 0 :: skip fi fi
  :: else -> skip
  fi;
  falls(lease[s]);
  if :: holds(s) && lease[s] == 0 && guarded(s) -> fence(s, F) :: else -> skip fi;
  paused[s] = 0
}

inline pass() {
  v = 0;
  do :: v < SITES -> pass_site(v); v++ :: else -> v = 0; break od;
  i = 0;
  do
  :: i < VOTERS -> falls(promise[i]); if :: promise[i] == 0 -> holder[i] = NOBODY :: else -> skip fi; i++
  :: else -> break
  od;
  i = 0;
  do
  :: i < SITES * VOTERS ->
       if :: asked[i] != NO && asked[i] < OLD -> asked[i]++ :: else -> skip fi;
       if :: granted[i] != NO -> granted[i]++; if :: granted[i] >= OLD -> granted[i] = NO :: else -> skip fi
       :: else -> skip fi;
       i++
  :: else -> i = 0; break
  od
}

#if SITES == 2
#define ONE_WRITER assert(!(open[0] && open[1]))
#else
#define ONE_WRITER assert(open[0] + open[1] + open[2] < 2)
#endif

#ifdef SHOW
c_code {
static void show_site(int s) {
  static const char *words[] = {"STANDBY", "CANDIDATE", "PROMOTING", "ACTIVE", "FENCING"};
  int w;
  printf("site %d: %-9s %-6s lease %d%s", s, words[now.mode[s]], now.open[s] ? "OPEN" : "closed", now.lease[s],
         now.paused[s] ? " PAUSED" : "");
  for (w = 0; w < 3; ++w) {
    if (now.promise[w] > 0) printf(" | vote %d: %d for %d", w, now.holder[w], now.promise[w]);
  }
  for (w = 0; w < 3; ++w) {
    int at = s * 3 + w;
    if (now.asked[at] != 31) printf(" | asks %d, age %d", w, now.asked[at]);
    if (now.granted[at] != 31) printf(" | %d grants, age %d", w, now.granted[at]);
    if (now.released[at] == 1) printf(" | gives %d back%s", w, now.later[at] ? " (before it asks)" : "");
  }
  printf("\n");
}
}
#define show_step(s) c_code { show_site(s); }
#define show_tick printf("tick\n")
#else
#define show_step(s) skip
#define show_tick skip
#endif

init {
  atomic {
    c_code {
      SET(L, setting("L", 3)); SET(F, setting("F", 1)); SET(DR, setting("DR", 0));
      SET(TG, setting("TG", GET(L) + GET(F) + 2 * GET(DR)));
      SET(PAUSE, setting("PAUSE", 1)); SET(CRASH, setting("CRASH", 1)); SET(RELEASE, setting("RELEASE", 1));
     
      SET(REACH, setting("REACH", 0)); SET(BROKEN, setting("BROKEN", 0)); SET(ALSO, setting("ALSO", 0));
    };
    do
    :: i < SITES * VOTERS -> asked[i] = NO; granted[i] = NO; i++
    :: else -> i = 0; break
    od;
    do
    :: i < VOTERS -> holder[i] = NOBODY; promise[i] = TG; i++
    :: else -> i = 0; break
    od
  }
  do
  :: atomic {
       show_tick;
       if :: early = 0 :: SITES < VOTERS -> early = 1; step_witness(2) fi;
       if :: first = 0; step(0); show_step(0) :: first = 1; step(1); show_step(1) fi;
       ONE_WRITER
     }
     atomic {
       if :: first == 0 -> step(1); show_step(1) :: else -> step(0); show_step(0) fi;
       ONE_WRITER
     }
     atomic {
#if SITES == 3
       step(2); show_step(2);
#else
       if :: !early -> step_witness(2) :: else -> skip fi;
#endif
       ONE_WRITER;
       first = 0; early = 0; pass();
       ONE_WRITER
     }
  od
}
