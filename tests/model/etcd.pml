/* Mode C, `etcd`: two sites, and etcd as a linearizable store with one key (ecv/protocol.md section 1). The key is won
 * by a transaction on create_revision == 0, and goes away with the lease that it carries. Nothing is assumed of the
 * network.
 *
 * Time goes in ticks: in each, both sites and the store take one step, in any order; then time passes for all.
 * Timers err by up to DR ticks: etcd's lease ends up to DR early or any time later, a site's L_hold runs exactly or DR
 * longer.
 *
 * A request under way is carried out by the store at any later time, or never; likewise its answer. One of each per
 * site is kept, the newest or the one before it, and a revocation besides.
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
setting_byte L;       /* L_hold */
setting_byte F;       /* G + F: from the end of the permit until the guard has closed the database */
setting_byte DR;      /* error of a timer */
setting_byte TTL;     /* of etcd's lease: L_hold + G + F, and the drift of both clocks */
setting_byte PAUSE;   /* SIGSTOP of sitecheck; guard and database go on */
setting_byte CRASH;   /* sitecheck dies and starts again */
setting_byte RELEASE; /* the lease is revoked by who has closed */
setting_byte REBUILD; /* etcd loses all: 1 when no site holds a permit or is open, 2 at any time */
setting_byte OVERLAP; /* for how many ticks two may be open where etcd broke its word; 0: never */
setting_byte COUNT;   /* follow the counters up to this one; 0: do not */
setting_byte REACH, BROKEN, ALSO;

#define LEASE_FROM_RECEIPT 1   /* rule 1 */
#define KEPT_NONCES 2          /* who stops takes the late answer of an earlier lease */
#define NO_GUARD 3             /* rule 7 */
#define DEAD_LEASE_RENEWS 4    /* a keepalive that found no lease counts as kept */
#define REVOKE_OPEN 5          /* revoked before the database is closed */
#define REVOKE_BY_KEY 6        /* a late revocation takes away the key of a newer lease */
#define BLIND_PUT 7            /* the key is written without asking for create_revision == 0 */
#define REVISION_ONLY 8        /* counter = create_revision */
#define KNOWN_ONLY 9           /* counter = known + 1 */
#define UNLEARNED 10           /* it stands without knowing the last counter */
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
byte mode[2];
bit open[2];         /* the database takes writes */
byte lease[2];       /* ticks left of the permit */
byte closing[2];     /* ticks that the guard may still need */
bit paused[2];

/* The store. */
byte owner;          /* of the key; NOBODY: there is none */
bit former;          /* the key carries an earlier lease of its owner, not the present one */
byte ttl;            /* ticks until its lease may end */

/* Between site s and the store. `old` is: of an earlier lease of the site. */
byte asks[2];        /* request under way: 0 none, CAMPAIGN, KEEP */
byte age[2];         /* since it was sent */
bit old[2];
byte revokes[2];     /* revocation under way: 0 none, 1 of the present lease, 2 of an earlier one */
byte answer[2];      /* age of the request that is answered; NO: none */
bit good[2];         /* the answer: won, or kept; else lost, or no such lease */
#define CAMPAIGN 1
#define KEEP 2

/* Counters (section 3). */
byte revision, top;
byte known[2], made[2];

byte order;
byte both;           /* ticks for which both have been open */

/* Within a step. */
byte dr, grew;

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

/* Nothing that is still to come counts. */
inline forget_answers(s) { if :: !broken(KEPT_NONCES) -> answer[s] = NO; good[s] = 0 :: else -> skip fi }
inline void_requests(s) {
  forget_answers(s);
  if :: asks[s] != 0 && !broken(KEPT_NONCES) -> age[s] = OLD :: else -> skip fi
}

inline fence(s, within) {
  lease[s] = 0;
  if :: open[s] -> mode[s] = FENCING; closing[s] = within :: else -> mode[s] = STANDBY fi;
  void_requests(s)
}

/* A new lease: all that is under way or stored is of an earlier one. */
inline stand(s) {
  void_requests(s);
  if :: asks[s] != 0 -> old[s] = 1 :: else -> skip fi;
  if :: revokes[s] != 0 -> revokes[s] = 2 :: else -> skip fi;
  if :: owner == s -> former = 1 :: else -> skip fi;
  mode[s] = CANDIDATE
}

inline hear(s) {
  if
  :: mode[s] == CANDIDATE && good[s] ->
       earn(s, answer[s]);
       if :: lease[s] > 0 -> mode[s] = PROMOTING; assert(REACH != 1) :: else -> skip fi
  :: mode[s] == CANDIDATE && !good[s] -> mode[s] = STANDBY; void_requests(s)
  :: holds(s) && (good[s] || broken(DEAD_LEASE_RENEWS)) -> earn(s, answer[s]); assert(REACH != 2 || grew == 0)
  :: holds(s) && !good[s] && !broken(DEAD_LEASE_RENEWS) -> assert(REACH != 3); fence(s, F + 1)
  :: else -> skip
  fi;
  answer[s] = NO; good[s] = 0
}

inline send(s, what) {
  if
  :: asks[s] = what; age[s] = 0; old[s] = 0
  :: asks[s] != 0 -> skip
  fi
}

#define may_stand(s) (!COUNT || (top < COUNT && (known[s] == top || broken(UNLEARNED))))

inline decide(s) {
  if
  :: true -> skip
  :: mode[s] == STANDBY && may_stand(s) -> stand(s); send(s, CAMPAIGN)
  :: mode[s] == CANDIDATE -> mode[s] = STANDBY; void_requests(s)
  :: mode[s] == PROMOTING -> mode[s] = ACTIVE; open[s] = 1
  :: holds(s) -> fence(s, F + 1)
  :: mode[s] == FENCING && !open[s] -> mode[s] = STANDBY
  :: RELEASE && mode[s] == STANDBY && revokes[s] == 0 -> revokes[s] = 1; assert(REACH != 4)
  :: mode[s] == FENCING && broken(REVOKE_OPEN) -> revokes[s] = 1
  :: COUNT && known[s] < top -> known[s] = top              /* from the key, the epoch row, the peer or a dnsd */
  :: CRASH && mode[s] != FENCING ->
       if
       :: holds(s) -> mode[s] = ACTIVE; open[s] = 1; forget_answers(s); assert(REACH != 5)   /* within the lease */
       :: holds(s) -> fence(s, F + 1)
       :: !holds(s) -> mode[s] = STANDBY; void_requests(s)
       fi
  fi;
  if :: holds(s) -> send(s, KEEP) :: else -> skip fi
}

inline step(s) {
  if
  :: PAUSE -> paused[s] = 1
  :: true ->
       if :: answer[s] != NO -> hear(s) :: true -> skip fi;
       decide(s)
  fi;
  grew = 0
}

/* The store carries out what has come from s, each at once (linearizable). */
inline win(s) {
  owner = s; former = old[s]; ttl = TTL - DR; good[s] = 1;
  if
  :: COUNT && !old[s] && age[s] < OLD ->
       if :: revision < COUNT -> revision++ :: else -> skip fi;
       made[s] = (broken(REVISION_ONLY) || (revision > known[s] && !broken(KNOWN_ONLY)) -> revision : known[s] + 1);
       assert(made[s] > top);                              /* section 3: the counter of a new writer is the highest */
       top = made[s]; known[s] = made[s]
  :: else -> skip
  fi
}

inline serve(s) {
  if
  :: asks[s] != 0 ->
       answer[s] = age[s]; good[s] = 0;
       if
       :: asks[s] == CAMPAIGN && (owner == NOBODY || broken(BLIND_PUT)) -> win(s)
       :: asks[s] == CAMPAIGN && owner == s && former == old[s] -> good[s] = 1   /* said twice: it carries its lease */
       :: asks[s] == KEEP && owner == s && former == old[s] -> ttl = TTL - DR; good[s] = 1
       :: else -> skip
       fi;
       if :: old[s] && !broken(KEPT_NONCES) -> answer[s] = NO; good[s] = 0 :: else -> skip fi;
       asks[s] = 0; age[s] = 0; old[s] = 0
  :: true -> skip
  fi;
  if
  :: revokes[s] != 0 ->
       if
       :: owner == s && (former == (revokes[s] == 2) || broken(REVOKE_BY_KEY)) -> owner = NOBODY; former = 0; ttl = 0
       :: else -> skip
       fi;
       revokes[s] = 0
  :: true -> skip
  fi
}

#define idle(s) (!open[s] && lease[s] == 0 && asks[s] == 0 && answer[s] == NO)

inline store() {
  if
  :: REBUILD == 2 || (REBUILD == 1 && idle(0) && idle(1)) -> owner = NOBODY; former = 0; ttl = 0; revision = 0
  :: owner != NOBODY && ttl == 0 -> owner = NOBODY; former = 0          /* or later */
  :: true -> skip
  fi;
  serve(0); serve(1)
}

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
  falls(lease[s]);
  if :: holds(s) && lease[s] == 0 && guarded(s) -> fence(s, F) :: else -> skip fi;
  if :: asks[s] != 0 && age[s] < OLD -> age[s]++ :: else -> skip fi;
  if
  :: answer[s] != NO ->
       answer[s]++;
       if
       :: answer[s] >= OLD && good[s] && !broken(LEASE_FROM_RECEIPT) -> answer[s] = NO; good[s] = 0
       :: answer[s] >= OLD && (!good[s] || broken(LEASE_FROM_RECEIPT)) -> answer[s] = OLD
       :: else -> skip
       fi
  :: else -> skip
  fi;
  paused[s] = 0
}

#define ONE_WRITER assert(OVERLAP || !(open[0] && open[1]))

#ifdef SHOW
c_code {
static void show_site(int s) {
  static const char *words[] = {"STANDBY", "CANDIDATE", "PROMOTING", "ACTIVE", "FENCING"};
  printf("site %d: %-9s %-6s lease %d%s", s, words[now.mode[s]], now.open[s] ? "OPEN" : "closed", now.lease[s],
         now.paused[s] ? " PAUSED" : "");
  if (now.asks[s] != 0) {
    printf(" | %s, age %d%s", now.asks[s] == 1 ? "campaign" : "keepalive", now.age[s],
           now.old[s] ? " of an earlier lease" : "");
  }
  if (now.revokes[s] != 0) printf(" | revokes%s", now.revokes[s] == 2 ? " an earlier lease" : "");
  if (now.answer[s] != 31) printf(" | answer %s, age %d", now.good[s] ? "yes" : "no", now.answer[s]);
  if (GET(COUNT)) printf(" | knows %d made %d", now.known[s], now.made[s]);
  printf("\n");
}
static void show_store(void) {
  if (now.owner == 3) printf("etcd: no key\n");
  else printf("etcd: key of %d%s, ttl %d\n", now.owner, now.former ? " with an earlier lease" : "", now.ttl);
}
}
#define show_step(s) c_code { show_site(s); }
#define show_etcd c_code { show_store(); }
#define show_tick printf("tick\n")
#else
#define show_step(s) skip
#define show_etcd skip
#define show_tick skip
#endif

init {
  atomic {
    c_code {
      SET(L, setting("L", 3)); SET(F, setting("F", 1)); SET(DR, setting("DR", 0));
      SET(TTL, setting("TTL", GET(L) + GET(F) + 2 * GET(DR)));
      SET(PAUSE, setting("PAUSE", 1)); SET(CRASH, setting("CRASH", 1)); SET(RELEASE, setting("RELEASE", 1));
      SET(REBUILD, setting("REBUILD", 0)); SET(OVERLAP, setting("OVERLAP", 0)); SET(COUNT, setting("COUNT", 0));
     
      SET(REACH, setting("REACH", 0)); SET(BROKEN, setting("BROKEN", 0)); SET(ALSO, setting("ALSO", 0));
    };
    owner = NOBODY; answer[0] = NO; answer[1] = NO
  }
  do
  :: atomic {
       show_tick;
       if :: order = 0 :: order = 1 :: order = 2 :: order = 3 :: order = 4 :: order = 5 fi;   /* even: site 0 first */
       if :: order >= 4 -> store(); show_etcd :: else -> skip fi;
       if :: order % 2 == 0 -> step(0); show_step(0) :: else -> step(1); show_step(1) fi;
       ONE_WRITER
     }
     atomic {
       if :: order == 2 || order == 3 -> store(); show_etcd :: else -> skip fi;
       if :: order % 2 == 0 -> step(1); show_step(1) :: else -> step(0); show_step(0) fi;
       ONE_WRITER
     }
     atomic {
       if :: order < 2 -> store(); show_etcd :: else -> skip fi;
       order = 0; pass(0); pass(1); falls(ttl);
       if :: OVERLAP && open[0] && open[1] -> both++; assert(both <= OVERLAP) :: else -> both = 0 fi;
       ONE_WRITER
     }
  od
}
