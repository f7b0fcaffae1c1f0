/* Mode A, `checkpoints`: two sites, one-way datagrams, checkpoints, the guard (ecv/protocol.md sections 1 to 5).
 *
 * Time goes in ticks; one tick is W = R of the protocol. In each tick both sites take one step, in either order: read
 * the socket, decide one thing, make a checkpoint round, send one datagram. Then time passes, for both alike.
 *
 * Drift: a timer may err by up to DR ticks. A lease runs its time or DR longer, drawn anew each time; a wait always
 * ends DR early, which allows all that a later end allows, since nobody is forced to use its end.
 *
 * Network: a datagram under way may arrive in any later step, or never. One request and one answer per direction are
 * kept, the newest or the one before it. Where a direction `delivers`, a request lies in the other's socket when that
 * next reads.
 *
 * Settings come from the environment (tests/model/run sets them). BROKEN names a rule that is taken away, REACH a place
 * of which is asked whether it is reached.
 */
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
setting_byte TP;      /* T_promote: L + R + G + F, and the drift of a lease and of a wait */
setting_byte PAUSE;    /* SIGSTOP of sitecheck; guard and database go on */
setting_byte CRASH;    /* sitecheck dies and starts again */
setting_byte RELEASE;  /* rule 12 */
setting_byte HOLD;     /* on_silence: hold */
setting_byte CA;       /* section 6: both at their checkpoints => at least one direction delivers */
setting_byte REACH, BROKEN, ALSO;

#define LEASE_FROM_RECEIPT 1         /* rule 1 */
#define ONLY_ANSWERS_COUNT 2         /* rule 2 */
#define ONE_INSTANT 3
#define NO_GAP_RESET 4
#define CREDIT_WHILE_SPEAKING 5      /* rule 3 */
#define CREDIT_AT_ONCE 6
#define KEPT_CANDIDACY 7             /* rule 4 */
#define NO_BOOT_WAIT 8               /* rule 5 */
#define PROMOTING_GRANTS 9           /* rule 6 */
#define ACTIVE_GRANTS 10
#define DRAINING_GRANTS 11
#define FENCING_GRANTS 12
#define NO_GUARD 13                  /* rule 7 */
#define TIME_BEFORE_INPUTS 14        /* rule 8 */
#define LATE_RELEASE 15              /* rule 12 */
#define REVOCABLE 16
#define RELEASE_OPEN 17
#define RELEASER_SUBSTITUTES 18
#define RELEASER_STANDS 19
#define PERMIT_KEPT 20               /* section 3 */
#define KEPT_NONCES 21               /* rule 4, of a site that is no candidate */
#define broken(rule) (BROKEN == (rule) || ALSO == (rule))

#define OLD (L + DR) /* an age that earns no lease any more */
#define NO 31
#define PROMOTE 1
#define RENEW 2

#define STANDBY 0    /* closed; also INIT, FENCED, QUARANTINED, MAINT: whoever grants (rule 6) */
#define CANDIDATE 1
#define PROMOTING 2
#define ACTIVE 3
#define DRAINING 4
#define FENCING 5
#define holds(s) (mode[s] == PROMOTING || mode[s] == ACTIVE || mode[s] == DRAINING)
#define waits(s) (!holds(s))

/* A site. */
byte mode[2];
bit open[2];         /* the database takes writes */
byte lease[2];       /* ticks left of the permit */
byte wait[2];        /* ticks until silence and checkpoints have lasted T_promote (rule 2) */
byte still[2];       /* ticks in which it neither stands nor takes a release (rules 5 and 12) */
byte closing[2];     /* ticks that the guard may still need */
byte round[2];       /* age of a good checkpoint round not yet credited (rule 3) */
byte nonce[2];       /* age of the peer's newest request, which a release would answer */

/* From s to its peer: a request, and an answer. */
byte age[2];         /* since the request was sent; NO: none under way */
bit here[2];         /* it lies in the receiver's socket */
byte asks[2];        /* what it wants: nothing, PROMOTE or RENEW */
byte answers[2];     /* age of the request that the answer answers; NO: none under way */
bit releases[2];     /* the answer is a release, not a grant */

/* This tick. */
bit first;           /* who steps first */
bit paused[2], good[2], delivers[2];

/* Within a step. */
byte dr;
bit spoke;
byte asked;
byte out, grew;
bit outrel;

inline draw() { if :: dr = 0 :: DR > 0 -> dr = DR fi }

/* Rule 2: the substitution timer starts again. `lag` is for a failed round, whose trouble began up to R before it. */
inline restart_wait(s, lag) { wait[s] = (waits(s) -> TP - DR - (lag) : 0) }

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
  if :: age[s] != NO -> age[s] = OLD :: else -> skip fi;
  if :: answers[1 - s] != NO -> answers[1 - s] = OLD :: else -> skip fi;
  if :: nonce[1 - s] != NO -> nonce[1 - s] = OLD :: else -> skip fi
}

inline lose_permit(s, to) {
  mode[s] = to;
  lease[s] = 0;
  round[s] = NO;
  void_requests(s);
  restart_wait(s, 0)
}

/* The permit is gone, by time or by choice: FENCING if the database is open. */
inline fence(s, within) {
  if
  :: open[s] -> closing[s] = within; lose_permit(s, FENCING)
  :: else -> lose_permit(s, STANDBY); nonce[s] = NO
  fi
}

inline promote(s) { mode[s] = PROMOTING; wait[s] = 0; round[s] = NO; nonce[s] = NO }

/* A verified datagram of the peer: it is not silent (rules 2 and 3). */
inline hear(s, counts) {
  spoke = 1;
  if :: !broken(CREDIT_WHILE_SPEAKING) -> round[s] = NO :: else -> skip fi;           /* rule 3 */
  if :: counts || !broken(ONLY_ANSWERS_COUNT) -> restart_wait(s, 0) :: else -> skip fi  /* rule 2 */
}

inline read_answer(s, p) {
  hear(s, 1);
  if
  :: !releases[p] && mode[s] == CANDIDATE ->
       earn(s, answers[p]); if :: lease[s] > 0 -> promote(s); assert(REACH != 1) :: else -> skip fi
  :: !releases[p] && holds(s) -> earn(s, answers[p]); assert(REACH != 2 || grew == 0)
  :: releases[p] && (mode[s] == STANDBY || mode[s] == CANDIDATE) && still[s] == 0 ->   /* rule 12 */
       if :: broken(LATE_RELEASE) -> lease[s] = L :: else -> earn(s, answers[p]) fi;
       if :: lease[s] > 0 -> promote(s); assert(REACH != 3) :: else -> skip fi
  :: else -> skip
  fi;
  answers[p] = NO; releases[p] = 0
}

inline read_request(s, p) {
  hear(s, 0);
  if :: RELEASE && (holds(s) || mode[s] == FENCING) -> nonce[s] = age[p] :: else -> skip fi;
  if                                                       /* rule 6: who grants */
  :: asks[p] == 0 -> skip
  :: asks[p] != 0 ->
       if
       :: mode[s] == STANDBY ->
            out = age[p];
            if :: asks[p] == PROMOTE && !broken(KEPT_NONCES) -> void_requests(s) :: else -> skip fi
       :: mode[s] == CANDIDATE ->
            out = age[p];
            if :: !broken(KEPT_CANDIDACY) -> mode[s] = STANDBY; void_requests(s) :: else -> skip fi   /* rule 4 */
       :: mode[s] == CANDIDATE -> skip                      /* refuses: it may stand itself */
       :: mode[s] == PROMOTING && broken(PROMOTING_GRANTS) -> out = age[p]
       :: mode[s] == ACTIVE && broken(ACTIVE_GRANTS) -> out = age[p]
       :: mode[s] == DRAINING && broken(DRAINING_GRANTS) -> out = age[p]
       :: mode[s] == FENCING && broken(FENCING_GRANTS) -> out = age[p]
       :: else -> skip
       fi
  fi;
  age[p] = NO; here[p] = 0; asks[p] = 0
}

/* From the moment read_only=0 is sent the site counts as writable (section 3). */
inline open_up(s) { mode[s] = ACTIVE; open[s] = 1 }

/* Silence and checkpoints have both lasted T_promote. The round that counts is the one a window ago (rule 3). */
inline substitute(s) {
  promote(s);
  draw(); lease[s] = L + dr - 1; dr = 0;
  assert(REACH != 4);
  if :: open_up(s) :: skip fi
}
#define may_substitute(s) (!HOLD && (mode[s] == STANDBY || mode[s] == CANDIDATE) && wait[s] == 0 && good[s])

/* A release: closed, and irrevocable (rule 12). */
inline release(s) {
  out = nonce[s]; outrel = 1;
  assert(REACH != 5);
  if
  :: broken(REVOCABLE) -> skip
  :: broken(PERMIT_KEPT) -> mode[s] = STANDBY; void_requests(s); restart_wait(s, 0)
  :: else -> lose_permit(s, STANDBY)
  fi;
  if :: !broken(REVOCABLE) -> round[s] = NO; nonce[s] = NO :: else -> skip fi;
  if :: broken(RELEASER_SUBSTITUTES) -> wait[s] = 0 :: else -> skip fi;
  if :: !broken(RELEASER_STANDS) -> still[s] = TP - DR :: else -> skip fi
}

/* sitecheck starts again. Within the lease it stays ACTIVE (section 3), else it closes; what it asked for is void. */
inline restart(s) {
  void_requests(s);
  round[s] = NO; nonce[s] = NO;
  if
  :: lease[s] > 0 && mode[s] != CANDIDATE -> mode[s] = ACTIVE; open[s] = 1; wait[s] = 0; assert(REACH != 6)
  :: true -> if :: mode[s] == FENCING -> skip :: else -> fence(s, F + 1) fi; restart_wait(s, 0)
  fi;
  still[s] = TP - DR;
  if :: broken(NO_BOOT_WAIT) -> still[s] = 0; wait[s] = 0 :: else -> skip fi   /* rule 5 */
}

inline decide(s) {
  if
  :: true -> skip
  :: mode[s] == STANDBY && still[s] == 0 -> void_requests(s); mode[s] = CANDIDATE
  :: mode[s] == CANDIDATE -> void_requests(s); mode[s] = STANDBY
  :: may_substitute(s) -> substitute(s)
  :: mode[s] == PROMOTING -> open_up(s)
  :: holds(s) -> fence(s, F + 1)
  :: RELEASE && mode[s] == ACTIVE -> mode[s] = DRAINING
  :: mode[s] == DRAINING && open[s] -> open[s] = 0
  :: mode[s] == DRAINING && (!open[s] || broken(RELEASE_OPEN)) && nonce[s] != NO -> release(s)
  :: mode[s] == DRAINING -> open_up(s)   /* the target did not catch up; the permit still holds */
  :: mode[s] == FENCING && !open[s] -> mode[s] = STANDBY; nonce[s] = NO
  :: RELEASE && mode[s] == FENCING && !open[s] && nonce[s] != NO -> release(s)   /* its database failed */
  :: CRASH -> restart(s)
  fi
}

inline checkpoints(s) {
  if                                                       /* rule 3: credited a window after it was begun */
  :: holds(s) && round[s] != NO -> earn(s, round[s]); round[s] = NO; assert(REACH != 7 || grew == 0)
  :: else -> round[s] = NO
  fi;
  if
  :: good[s] && holds(s) ->
       if
       :: broken(CREDIT_AT_ONCE) && !spoke -> earn(s, 0)
       :: broken(CREDIT_WHILE_SPEAKING) || (!spoke && !broken(CREDIT_AT_ONCE)) -> round[s] = 0
       :: else -> skip
       fi
  :: !good[s] && !broken(ONE_INSTANT) -> restart_wait(s, 1)   /* rule 2 */
  :: else -> skip
  fi
}

/* The answer, if there is one, and the request of this tick; without a good path either may stay behind another. */
inline send(s) {
  if
  :: out == NO -> skip
  :: out != NO && answers[s] != NO -> skip
  :: out != NO -> answers[s] = out; releases[s] = outrel
  fi;
  asked = (mode[s] == CANDIDATE -> PROMOTE : (holds(s) -> RENEW : 0));
  if
  :: age[s] != NO && (here[s] || !delivers[s]) -> skip
  :: !here[s] || delivers[s] -> age[s] = 0; asks[s] = asked; here[s] = delivers[s]
  fi
}

inline step(s, p) {
  if
  :: paused[s] ->                                          /* rule 2: a gap, found on waking */
       if :: !broken(NO_GAP_RESET) -> restart_wait(s, 0) :: else -> skip fi
  :: else ->
       out = NO; outrel = 0; spoke = 0;
       if :: broken(TIME_BEFORE_INPUTS) && may_substitute(s) -> substitute(s) :: true -> skip fi;   /* rule 8 */
       if :: answers[p] != NO -> read_answer(s, p) :: true -> skip fi;
       if :: age[p] != NO -> read_request(s, p) :: !here[p] -> skip fi;
       decide(s);
       checkpoints(s);
       send(s)
  fi;
  out = 0; outrel = 0; spoke = 0; asked = 0; grew = 0
}

inline choose(s) {
  if :: PAUSE -> paused[s] = 1 :: paused[s] = 0 fi;
  if :: !paused[s] -> good[s] = 1 :: good[s] = 0 fi;
  if :: !paused[s] -> delivers[s] = 1 :: delivers[s] = 0 fi
}

#define grows(x) if :: x != NO -> x = (x < OLD -> x + 1 : OLD) :: else -> skip fi
#define falls(x) x = (x > 0 -> x - 1 : 0)
#define guarded(s) (!broken(NO_GUARD) || !paused[s])

/* Time passes, and the guard acts (rule 7, section 5). */
inline pass(s) {
  if
  :: mode[s] == FENCING && open[s] && guarded(s) ->
       falls(closing[s]);
       if :: closing[s] == 0 -> open[s] = 0 :: closing[s] > 0 -> if :: open[s] = 0; closing[s] = 0 :: skip fi fi
  :: else -> skip
  fi;
  falls(lease[s]); falls(wait[s]); falls(still[s]);
  grows(age[s]); grows(answers[s]); grows(round[s]); grows(nonce[s]);
  if :: answers[s] == OLD && !broken(LATE_RELEASE) -> answers[s] = NO; releases[s] = 0 :: else -> skip fi;
  if :: holds(s) && lease[s] == 0 && guarded(s) -> fence(s, F) :: else -> skip fi
}

#define ONE_WRITER assert(!(open[0] && open[1]))

#ifdef SHOW          /* a counterexample in words: STBY, CAND, PROM, ACTV, DRAIN, FENC, and what is under way */
c_code {
static const char *word(int mode) {
  static const char *words[] = {"STANDBY", "CANDIDATE", "PROMOTING", "ACTIVE", "DRAINING", "FENCING"};
  return words[mode];
}
static const char *what(int asks) { return asks == 2 ? "renew" : asks == 1 ? "promote" : "speaks"; }
static void show_site(int s) {
  printf("site %d: %-9s %-6s lease %d wait %d still %d%s%s", s, word(now.mode[s]), now.open[s] ? "OPEN" : "closed",
         now.lease[s], now.wait[s], now.still[s], now.paused[s] ? " PAUSED" : "", now.good[s] ? " checkpoints ok" : "");
  if (now.round[s] != 31) printf(" round %d", now.round[s]);
  if (now.age[s] != 31) printf(" | %s, age %d%s", what(now.asks[s]), now.age[s], now.here[s] ? ", in the socket" : "");
  if (now.answers[s] != 31) printf(" | %s of age %d", now.releases[s] ? "RELEASE" : "grant", now.answers[s]);
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
      SET(TP, setting("TP", GET(L) + 1 + GET(F) + 2 * GET(DR)));
      SET(PAUSE, setting("PAUSE", 1)); SET(CRASH, setting("CRASH", 1)); SET(RELEASE, setting("RELEASE", 1));
      SET(HOLD, setting("HOLD", 0)); SET(CA, setting("CA", 1));
      SET(REACH, setting("REACH", 0)); SET(BROKEN, setting("BROKEN", 0)); SET(ALSO, setting("ALSO", 0));
    };
    wait[0] = TP; wait[1] = TP; still[0] = TP; still[1] = TP;
    round[0] = NO; round[1] = NO; nonce[0] = NO; nonce[1] = NO;
    age[0] = NO; age[1] = NO; answers[0] = NO; answers[1] = NO
  }
  do
  :: atomic {
       show_tick;
       if :: first = 0 :: first = 1 fi;
       choose(first);
       if :: first == 0 -> step(0, 1); show_step(0) :: else -> step(1, 0); show_step(1) fi;
       ONE_WRITER
     }
     atomic {
       choose(1 - first);
       if :: !CA || !good[0] || !good[1] || delivers[0] || delivers[1] -> skip :: else -> delivers[1 - first] = 1 fi;
       if :: first == 0 -> step(1, 0); show_step(1) :: else -> step(0, 1); show_step(0) fi;
       ONE_WRITER;
       pass(0); pass(1);
       first = 0; paused[0] = 0; paused[1] = 0; good[0] = 0; good[1] = 0; delivers[0] = 0; delivers[1] = 0;
       ONE_WRITER
     }
  od
}
