# Compose through a user's podman socket, with an env file, as a stack's unit will do it. `kept` is still there after the reboot.
. "$(dirname "$0")/lib.bash"
cat >/home/homelab/compose.yaml <<'YAML'
services:
  web:
    image: ghcr.io/immich-app/immich-server:v1.120.0
    ports: [ "127.0.0.1:2283:2283" ]
    environment: { TOKEN: "${TOKEN}" }
    depends_on: [ redis ]
  redis:
    image: docker.io/library/redis:7.2-alpine
    command: redis-server --save ""
    volumes: [ "data:/data" ]
    healthcheck: { test: [ CMD, redis-cli, ping ], interval: 1s }
volumes: { data: { } }
YAML
echo TOKEN=from-the-file >/home/homelab/x.env
as() { /opt/lab/machine/guest/as-user homelab "$@"; }
eventually as systemctl --user is-active podman.socket
compose() { as env DOCKER_HOST=unix:///run/user/1000/podman/podman.sock docker-compose -p lab -f compose.yaml --env-file x.env "$@" 2>/tmp/err; }
status 0 compose up -d
eventually curl -sSf http://127.0.0.1:2283/health
curl -sS http://127.0.0.1:2283/cgi-bin/env | grep -qx TOKEN=from-the-file
id=$(as podman inspect -f '{{.Id}}' lab-web-1)
status 0 compose up -d
[[ $(as podman inspect -f '{{.Id}}' lab-web-1) == "$id" ]]        # a second `up` leaves it alone
compose exec -T web nslookup redis >/dev/null
healthy() { [[ $(as podman inspect -f '{{.State.Health.Status}}' lab-redis-1) == healthy ]]; }
eventually healthy
before=${EPOCHREALTIME%.*}
status 0 compose down
((${EPOCHREALTIME%.*} - before < 5))                             # TERM is heard

extra 'environment.etc."lab/next".text = "after the boot";
  systemd.services.kept = { wantedBy = [ "multi-user.target" ]; script = "exec sleep inf"; };'
commit; status 0 rebuild switch
extra 'environment.etc."lab/next".text = "from boot";
  systemd.services.kept = { wantedBy = [ "multi-user.target" ]; script = "exec sleep inf"; };'
commit; status 0 rebuild boot
[[ $(cat /etc/lab/next) == 'after the boot' ]]
