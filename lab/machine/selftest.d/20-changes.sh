# What a changed unit does: nothing, reload, restart, stop; and what must not happen.
. "$(dirname "$0")/lib.bash"
hello() { # N TRIGGER FURTHER
  extra "systemd.services.hello = { wantedBy = [ \"multi-user.target\" ]; environment.N = \"$1\"; script = \"exec sleep inf\";
    reload = \"echo again >>/run/hello.log\"; reloadTriggers = [ \"$2\" ]; };
  systemd.services.kept = { wantedBy = [ \"multi-user.target\" ]; script = \"exec sleep inf\"; unitConfig.X-StopOnRemoval = false; restartIfChanged = false; environment.K = \"$1\"; };
  ${3:-}"
}
hello 1 a; commit; status 0 rebuild switch
first=$(pid hello) web=$(pid podman-web)
status 0 rebuild switch
[[ $(pid hello) == "$first" ]]                                   # the same again touches nothing

hello 1 b; commit; status 0 rebuild dry-activate; said 'would reload the following units: hello.service'
status 0 rebuild switch; said 'reloading the following units: hello.service'
[[ $(pid hello) == "$first" && $(cat /run/hello.log) == again ]]

hello 2 b; commit; kept=$(pid kept)
status 0 rebuild dry-activate; said 'would stop the following units: hello.service'; said 'would start the following units: hello.service'
said 'would NOT stop the following changed units: kept.service'
status 0 rebuild switch
[[ $(pid hello) != "$first" && $(pid kept) == "$kept" && $(pid podman-web) == "$web" ]]
tr '\0' '\n' </proc/"$(pid hello)"/environ | grep -qx N=2
[[ $(wc -l </run/hello.log) == 1 ]]                              # restarted, so not reloaded as well

hello 2 b 'virtualisation.oci-containers.containers.web.environment.GREETING = lib.mkForce "changed";'; commit
status 0 rebuild switch
eventually curl -sSf localhost:8081/
curl -sS localhost:8081/cgi-bin/env | grep -qx GREETING=changed

extra ''; commit; status 0 rebuild switch                        # both are gone from the configuration
status 4 systemctl is-active -q hello
[[ $(pid kept) == "$kept" && ! -e /etc/systemd/system/hello.service ]]
systemctl stop kept
