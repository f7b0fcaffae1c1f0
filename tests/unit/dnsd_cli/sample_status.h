// A status and an explanation of dnsd as the daemon gives them.
#pragma once

#include <string>

namespace dnsd::cli::test {

inline const std::string kStatus = R"({
 "id":"ns1","version":"0.1.0","uptime_ms":12300,"pid":77,"generation":4,"ready":true,"listen":["127.0.0.1@53","::1@53"],
 "wideips":[{"name":"mysql.example.com","method":"active_writer","answer":["192.0.2.11","2001:db8:1::11"],"ttl":5,
   "epoch":1793,"counter":7,"reason":"site1 claims ACTIVE","since":"2026-11-22T02:20:00.000Z",
   "policy":"hold 5m, then servfail","members":[
    {"site":"site1","pool":"main","addresses":["192.0.2.11","2001:db8:1::11"],"value":"UP","state":"ACTIVE",
     "epoch":1793,"lease_ms":1800,"last_heard_ms":30,"detail":""},
    {"site":"site2","pool":"main","addresses":["198.51.100.11"],"value":"SILENT","state":"","epoch":0,"lease_ms":0,
     "last_heard_ms":null,"detail":"no report yet"}]}],
 "sites":[{"name":"site1","paths":[{"url":"http://10.0.11.1:8054","last_ok_ms":30,"error":""}]},
          {"name":"site2","paths":[{"url":"http://10.0.12.1:8054","last_ok_ms":null,"error":"timed out"}]}],
 "zones":[{"origin":"example.com","serial":2026112201,"file":"example.com.zone","loaded":true,"error":"a\nb"}]})";

inline const std::string kExplain = R"({"name":"mysql.example.com","answer":["192.0.2.11"],"ttl":5,
 "reason":"site1 claims ACTIVE","steps":["site1/main is UP","site2/main is SILENT: that proves nothing"],
 "inputs":[{"site":"site1","path":"http://10.0.11.1:8054","age_ms":30,"state":"ACTIVE","epoch":1793,"lease_ms":1770,
  "verdict":"UP"},{"site":"site2","path":"http://10.0.12.1:8054","age_ms":null,"state":"","epoch":0,"lease_ms":0,
  "verdict":"SILENT"}],
 "memory":{"epoch":1793,"answer":["192.0.2.11"],"age_ms":61000},"policy":{"on_none":"hold 5m","min_ttl":1,"hold_ms":300000,"then":"servfail"}})";

// Of a server that votes and tests service addresses.
inline const std::string kWitnessStatus = R"({
 "id":"ns1","version":"0.1.0","uptime_ms":1,"pid":77,"generation":4,"ready":true,"listen":[],"wideips":[],"sites":[],
 "votes":[{"pool":"main","holder":"site1","left_ms":2600,"moratorium":false,"granted":120,"refused":3,
   "refusals":{"moratorium":2,"promised to site1":1},"stale":7,"sites":[
    {"site":"site1","last_heard_ms":40,"state":"ACTIVE","epoch":1793,"config_match":true},
    {"site":"site2","last_heard_ms":90,"state":"STANDBY","epoch":1538,"config_match":false}]}],
 "services":[{"site":"site1","pool":"main","address":"192.0.2.11@3306","state":"down","failures":4,"age_ms":300,
   "error":"refused","note":""},
  {"site":"site2","pool":"main","address":"198.51.100.11@3306","state":"up","failures":0,"age_ms":300,
   "error":"","note":"the account wideip_probe is refused"}],
 "refused":[{"what":"report","reason":"its signature does not match","count":12}],
 "zones":[]})";

}  // namespace dnsd::cli::test
