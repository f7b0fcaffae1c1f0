"""The cases of tests/model/run: which model, with which settings, and what the search must show."""
from dataclasses import dataclass

HOLDS, BREAKS, REACHED = "holds", "counterexample", "reached"


@dataclass(frozen=True)
class Case:
    """One search. `settings` are read by the model when it starts, `built` are defines of its source."""
    name: str
    model: str
    settings: str
    expect: str
    says: str
    built: str = ""
    full: bool = False  # only with --full


def of(model, prefix, rows, **more):
    """Cases of one model from rows (name, settings, verdict, what it says)."""
    return [Case(prefix + name, model, *rest, **more) for name, *rest in rows]


def reach(base, rows):
    """Rows that ask whether the model gets to a place: a proof about a model that never does is none."""
    return [(f"reach_{what}", f"{more or base} REACH={n}", REACHED, f"the model gets to: {what.replace('_', ' ')}")
            for n, what, more in rows]


# What is left out of a small case; each kind of trouble stands alone in --quick, all of them together in --full.
QUIET = "PAUSE=0 CRASH=0 RELEASE=0"
PAUSES = "CRASH=0 RELEASE=0"
CRASHES = "PAUSE=0 RELEASE=0"
RELEASES = "PAUSE=0 CRASH=0"

CHECKPOINTS = of("checkpoints", "A.", [
    ("lost_and_late", QUIET, HOLDS, "datagrams lost and late, checkpoints lost; promoted by grant and substitution"),
    ("hold", QUIET + " HOLD=1 CA=0 TP=4", HOLDS, "on_silence: hold asks nothing of the network"),
    ("release", RELEASES, HOLDS, "releases, prompt or late"),
    ("bound", QUIET + " TP=4", BREAKS, "T_promote one below L + R + G + F"),
    ("bound_drift", QUIET + " DR=1 TP=6", BREAKS, "T_promote one below the bound, with drift"),
    ("without_CA", QUIET + " CA=0", BREAKS, "the link cut both ways, checkpoints reached at both (section 6)"),
    ("rule1_lease_from_receipt", QUIET + " BROKEN=LEASE_FROM_RECEIPT", BREAKS, "the lease counts from the receipt"),
    ("rule2_only_answers_count", QUIET + " BROKEN=ONLY_ANSWERS_COUNT", BREAKS, "mere speech does not end the silence"),
    ("rule2_one_instant", QUIET + " BROKEN=ONE_INSTANT", BREAKS, "the quorum is tested at the promotion only"),
    ("rule2_no_gap_reset", PAUSES + " BROKEN=NO_GAP_RESET", BREAKS, "time asleep counts as silence heard"),
    ("rule3_credit_while_speaking", QUIET + " BROKEN=CREDIT_WHILE_SPEAKING", BREAKS,
     "rounds stand in for the grant of a peer that speaks and cannot hear"),
    ("rule3_credit_at_once", QUIET + " BROKEN=CREDIT_AT_ONCE", BREAKS, "silence is asked for before the round only"),
    ("rule4_kept_candidacy", QUIET + " BROKEN=KEPT_CANDIDACY", BREAKS, "who grants its rival goes on standing"),
    ("rule5_no_boot_wait", CRASHES + " BROKEN=NO_BOOT_WAIT", BREAKS, "it substitutes right after a boot"),
    ("rule6_promoting_grants", QUIET + " BROKEN=PROMOTING_GRANTS", BREAKS, "PROMOTING grants"),
    ("rule6_active_grants", QUIET + " BROKEN=ACTIVE_GRANTS", BREAKS, "ACTIVE grants"),
    ("rule6_draining_grants", RELEASES + " BROKEN=DRAINING_GRANTS", BREAKS, "DRAINING grants"),
    ("rule6_fencing_grants", QUIET + " BROKEN=FENCING_GRANTS", BREAKS, "FENCING grants"),
    ("rule7_no_guard", PAUSES + " BROKEN=NO_GUARD", BREAKS, "nobody closes for a sitecheck that is stopped"),
    ("rule8_time_before_inputs", QUIET + " BROKEN=TIME_BEFORE_INPUTS", BREAKS, "timers act before the socket is read"),
    ("rule12_late_release", RELEASES + " BROKEN=LATE_RELEASE", BREAKS, "a release is honoured however late"),
    ("rule12_revocable", RELEASES + " BROKEN=REVOCABLE", BREAKS, "the releaser takes it back"),
    ("rule12_open", RELEASES + " BROKEN=RELEASE_OPEN", BREAKS, "a release before the database is closed"),
    ("rule12_releaser_substitutes", RELEASES + " BROKEN=RELEASER_SUBSTITUTES", BREAKS,
     "the releaser substitutes at once"),
    ("rule12_releaser_stands", RELEASES + " L=4 BROKEN=RELEASER_STANDS ALSO=KEPT_NONCES", BREAKS,
     "the releaser stands at once, and a grant leaves the granter's own requests open"),
    ("permit_kept", "PAUSE=0 BROKEN=PERMIT_KEPT", BREAKS, "the mapped permit outlives a release; a restart finds it"),
    *reach(QUIET, [(1, "promotion_by_grant", ""), (2, "renewal_by_grant", ""), (3, "promotion_by_release", RELEASES),
                   (4, "substitution", ""), (5, "release", RELEASES), (6, "restart_within_the_lease", CRASHES),
                   (7, "renewal_by_checkpoints", "")]),
]) + of("checkpoints", "A.full.", [
    ("pause", PAUSES, HOLDS, "sitecheck stopped at any time"),
    ("crash", CRASHES, HOLDS, "sitecheck restarted at any time"),
    ("drift", QUIET + " DR=1", HOLDS, "timers that err by a tick"),
    ("pause_crash_drift", "RELEASE=0 DR=1", HOLDS, "pause, crash and drift together"),
    ("pause_crash_release", "", HOLDS, "pause, crash and release together"),
    ("all", "DR=1", HOLDS, "pause, crash, drift and release together"),
    ("releaser_stands_only", RELEASES + " L=4 BROKEN=RELEASER_STANDS", HOLDS,
     "the releaser stands at once: harmless as long as a grant voids the granter's requests"),
], full=True)

WITNESS = of("witness", "B.", [
    ("lost_and_late", "L=2 " + QUIET, HOLDS, "two sites and a witness; datagrams lost and late"),
    ("bound", "L=2 TG=2 " + QUIET, BREAKS, "T_grant one below L + G + F"),
    ("bound_drift", "L=2 DR=1 TG=4 " + QUIET, BREAKS, "T_grant one below the bound, with drift"),
    ("majority", "L=2 BROKEN=NO_OWN_VOTE " + QUIET, BREAKS, "less than a majority is enough"),
    ("fickle", "L=2 BROKEN=FICKLE " + QUIET, BREAKS, "a voter changes its mind"),
    ("rule1_lease_from_receipt", "L=2 BROKEN=LEASE_FROM_RECEIPT " + QUIET, BREAKS, "the lease counts from the receipt"),
    ("rule4_kept_candidacy", "L=2 BROKEN=KEPT_CANDIDACY " + QUIET, BREAKS, "who grants its rival goes on standing"),
    ("rule5_no_boot_wait", "L=2 BROKEN=NO_BOOT_WAIT " + CRASHES, BREAKS, "a voter grants right after its boot"),
    ("rule6_fencing_grants", "L=2 BROKEN=FENCING_GRANTS " + QUIET, BREAKS, "FENCING grants"),
    ("rule7_no_guard", "L=2 BROKEN=NO_GUARD " + PAUSES, BREAKS, "nobody closes for a sitecheck that is stopped"),
    ("rule11_old_release", "L=2 BROKEN=OLD_RELEASE " + RELEASES, BREAKS, "a release counts after a later request"),
    ("rule12_open", "L=2 F=2 BROKEN=RELEASE_OPEN " + QUIET, BREAKS, "votes are given back before the close"),
    *reach("L=2 " + QUIET, [(1, "a_vote_given_back", "L=2 " + RELEASES), (2, "promotion_by_votes", ""),
                            (3, "renewal_by_votes", "L=3 " + QUIET)]),
]) + of("witness", "B.full.", [
    ("release", "L=2 " + RELEASES, HOLDS, "votes given back early"),
    ("pause", "L=2 " + PAUSES, HOLDS, "sitecheck stopped at any time"),
    ("crash", "L=2 " + CRASHES, HOLDS, "sites and witness restarted at any time"),
    ("pause_crash_drift", "L=2 DR=1 RELEASE=0", HOLDS, "pause, crash and drift together"),
    ("all", "L=2", HOLDS, "pause, crash and votes given back together"),
], full=True) + of("witness", "B3.full.", [
    ("lost_and_late", "L=2 " + QUIET, HOLDS, "three sites, each a voter"),
], built="SITES=3", full=True)

ETCD = of("etcd", "C.", [
    ("lost_and_late", QUIET, HOLDS, "calls and answers lost and late"),
    ("drift", QUIET + " DR=1", HOLDS, "etcd's lease ends early or late, the site's clock is slow"),
    ("bound", QUIET + " TTL=3", BREAKS, "TTL one below L_hold + G + F"),
    ("bound_drift", QUIET + " DR=1 TTL=5", BREAKS, "TTL one below the bound, with drift"),
    ("no_create_revision", QUIET + " BROKEN=BLIND_PUT", BREAKS, "the key is put without create_revision == 0"),
    ("rule1_lease_from_receipt", QUIET + " BROKEN=LEASE_FROM_RECEIPT", BREAKS, "L_hold counts from the answer"),
    ("late_answers", QUIET + " BROKEN=KEPT_NONCES", BREAKS, "answers to a lease that was given up still count"),
    ("rule7_no_guard", PAUSES + " BROKEN=NO_GUARD", BREAKS, "nobody closes for a sitecheck that is stopped"),
    ("revoke_open", RELEASES + " BROKEN=REVOKE_OPEN", BREAKS, "the lease is revoked before the close"),
    ("revoke_by_key", RELEASES + " BROKEN=REVOKE_BY_KEY", BREAKS, "a late revocation takes the key, not its lease"),
    ("rebuilt_too_soon", QUIET + " REBUILD=2", BREAKS, "etcd forgets all while a site holds"),
    ("rebuilt_too_soon_overlap", QUIET + " REBUILD=2 OVERLAP=4", HOLDS, "and two are open for L_hold + G + F at most"),
    ("dead_lease_renews", QUIET + " REBUILD=2 OVERLAP=4 BROKEN=DEAD_LEASE_RENEWS", BREAKS,
     "a keepalive of a dead lease counts: then for ever"),
    ("rebuilt", QUIET + " REBUILD=1", HOLDS, "etcd is rebuilt when every permit has ended"),
    ("counter", QUIET + " COUNT=2 BROKEN=UNLEARNED", HOLDS, "one etcd: create_revision alone makes counters grow"),
    ("counter_rebuilt", QUIET + " COUNT=2 REBUILD=1", HOLDS, "rebuilt: known + 1 keeps the counter from falling"),
    ("counter_revision_only", QUIET + " COUNT=2 REBUILD=1 BROKEN=REVISION_ONLY", BREAKS, "counter = create_revision"),
    ("counter_known_only", QUIET + " COUNT=2 BROKEN=KNOWN_ONLY ALSO=UNLEARNED", BREAKS, "counter = known + 1"),
    ("counter_unlearned", QUIET + " COUNT=2 REBUILD=1 BROKEN=UNLEARNED", BREAKS,
     "rebuilt, and promoted where the last counter was never heard of"),
    *reach(QUIET, [(1, "promotion_by_etcd", ""), (2, "renewal_by_keepalive", ""),
                   (3, "fence_for_a_lost_lease", QUIET + " REBUILD=2 OVERLAP=9"), (4, "revocation", RELEASES),
                   (5, "restart_within_the_lease", CRASHES)]),
]) + of("etcd", "C.full.", [
    ("pause_crash_drift", "RELEASE=0 DR=1", HOLDS, "pause, crash and drift together"),
    ("all", "DR=1", HOLDS, "pause, crash, drift and revocation together"),
    ("counter_long", QUIET + " COUNT=4 REBUILD=1", HOLDS, "five writers in a row, etcd rebuilt among them"),
], full=True)

CASES = CHECKPOINTS + WITNESS + ETCD
