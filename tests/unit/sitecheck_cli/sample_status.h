// A status of sitecheck as the daemon gives it.
#pragma once

#include <string>

namespace sitecheck::cli::test {

inline const std::string kStatus = R"({
 "site":"site1","site_id":1,"instance":"host/123","version":"0.1.0","uptime_ms":3600000,"pid":123,
 "arbiter":{"mode":"checkpoints","on_silence":"promote","preset":"lan","ca":"holds","ca_detail":"2 paths"},
 "checkpoints":{"ok":2,"total":3,"quorum":2,"cut":"LAN","items":[
   {"id":"isp","scope":"external","ok":true,"req":0,"time":"2026-11-22 02:21:46","message":""},
   {"id":"office","scope":"internal","ok":false,"req":3,"time":"2026-11-22 02:21:45","message":"connection refused"}]},
 "peers":[{"site":"site2","last_heard_ms":120,"config_match":true,"paths":[
   {"addr":"10.0.12.1@8055","last_heard_ms":120},{"addr":"198.51.100.11@8055","last_heard_ms":null}]}],
 "pools":[{"name":"main","kind":"failover","state":"ACTIVE","status":"OK","since":"2026-11-22 02:20:00",
   "epoch":1793,"counter":7,"lease_ms":1800,"max_epoch_seen":1793,"eligible":true,"reason":"it has the writer",
   "guard":{"kind":"process","armed":true,"deadline_ms":1900,"last_heard_ms":20},
   "alarms":["wrong password of wideip_mon"],
   "peer":{"state":"STANDBY","epoch":1538,"eligible":true,"position":"0-1-42"},
   "nodes":[
    {"name":"site2-db","host":"10.0.12.2","port":3306,"site":"site2","role":"S","priority":100,
     "state":"AWAITING_RECOVERY","status":"OK_INFO","req":1,"time":"2026-11-22 02:21:47",
     "message":"1 failed poll: timed out","read_only":true,"io":"Yes","sql":"Yes","lag_ms":0,"gtid":"0-1-42"},
    {"name":"db1","host":"10.0.11.2","port":3306,"site":"site1","role":"P","priority":1,
     "state":"ACTIVE","status":"OK","req":0,"time":"2026-11-22 02:21:47",
     "message":"","read_only":false,"io":"Yes","sql":"Yes","lag_ms":null,"gtid":"0-1-42"}]}]})";

// Of a site that asks voters, hands its writer over, and has more to tell.
inline const std::string kWitnessStatus = R"({
 "site":"site1","site_id":1,
 "arbiter":{"mode":"witness","on_silence":"promote","preset":"lan","ca":"unknown","ca_detail":"","quorum":2,"voters":[
   {"id":"site1","last_vote":"grant","age_ms":0},{"id":"site2","last_vote":"grant","age_ms":120},
   {"id":"ns1","last_vote":"","age_ms":null}]},
 "checkpoints":{"ok":1,"total":1,"quorum":1,"cut":"","items":[]},"peers":[],
 "refused":[{"from":"site2","reason":"unknown key","count":12,"since":"2026-11-22 02:20:00"},
            {"from":"site2","reason":"version","count":0}],
 "pools":[{"name":"main","kind":"failover","state":"DRAINING","status":"OK","counter":7,"lease_ms":1800,
   "guard":{"kind":"process","armed":true,"deadline_ms":1900,"last_heard_ms":20},"alarms":[],"accept_unfenced":true,
   "switchover":{"target":"site2","step":"catching-up","since_ms":90},
   "service":{"own":"192.0.2.11@3306","views":[{"from":"site2","up":true},{"from":"ns1","up":false}]},
   "semi_sync":{"state":"on","replicas":1},"errant":["0-1-43","0-1-44"],"nodes":[]}]})";

}  // namespace sitecheck::cli::test
