#!/usr/bin/env bash
# Bring up a SLURM cluster of SLURM_NODES (default 1) virtual nodes n1.. on this machine, from nothing (root, Debian 12, no systemd, no cgroups).
# Everything (config, key, sockets, state, logs, pids) lives under $B; /etc/slurm and /etc/munge are not touched.
# Usage: up.sh            -> munged + slurmctld + slurmd            (sacct does NOT work: no history)
#        SACCT=1 up.sh    -> also mariadbd + slurmdbd               (sacct works, as on a real cluster)
#        SACCT=1 SUBMIT_LIMIT=2 up.sh -> a user may have two jobs submitted at a time (QOSMaxSubmitJobPerUserLimit)
# Then:  export SLURM_CONF=$SLURM_BASE/etc/slurm.conf; the last line says which. down.sh ends what was started.
set -euo pipefail
B=${SLURM_BASE:-${TMPDIR:-/tmp}/ravine-slurm}; SACCT=${SACCT:-0}; LIMIT=${SUBMIT_LIMIT:-}; N=${SLURM_NODES:-1}; CPUS=${SLURM_CPUS:-8}; NGPU=${SLURM_GPUS:-2}
CTLD_PORT=${CTLD_PORT:-16817}; D_PORT=${D_PORT:-16820}; DBD_PORT=${DBD_PORT:-16819}; DB_PORT=${DB_PORT:-13306}
t0=$(date +%s.%N); say(){ printf '[%6.2fs] %s\n' "$(echo "$(date +%s.%N)-$t0"|bc -l 2>/dev/null || python3 -c "import time;print(time.time()-$t0)")" "$*"; }

# 1. packages (about 10-15 s; policy-rc.d refuses to start services in a container: good, we start them ourselves)
need=(); for p in slurm-wlm munge; do dpkg -s $p >/dev/null 2>&1 || need+=($p); done
if [ "$SACCT" = 1 ]; then for p in slurmdbd mariadb-server slurm-wlm-mysql-plugin; do dpkg -s $p >/dev/null 2>&1 || need+=($p); done; fi
if [ ${#need[@]} -gt 0 ]; then
  apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null
  say "installed ${need[*]}"
fi

# 2. directories. munged insists its dirs are not group/world-writable and owned by its user; socket dir must be a+x
H=$(hostname -s); MEM=$(( $(awk '/MemTotal/{print $2}' /proc/meminfo) / 1024 - 512 ))
mkdir -p "$B"/{etc,state,spool,log,run,munge,bin}; chmod 755 "$B" "$B"/*; chown -R munge: "$B/munge"
[ -s "$B/munge/key" ] || { dd if=/dev/urandom of="$B/munge/key" bs=1 count=1024 status=none; chown munge: "$B/munge/key"; chmod 400 "$B/munge/key"; }

# 3. munged first: every slurm message is signed by it
if ! { [ -s "$B/munge/munged.pid" ] && kill -0 "$(cat "$B/munge/munged.pid")" 2>/dev/null; }; then
  runuser -u munge -- /usr/sbin/munged --key-file="$B/munge/key" --socket="$B/munge/sock" \
    --log-file="$B/munge/log" --pid-file="$B/munge/munged.pid" --seed-file="$B/munge/seed"
fi
munge -n -S "$B/munge/sock" | unmunge -S "$B/munge/sock" | grep -q 'STATUS: *Success' && say "munged up"

# 4. configuration. Fake GPUs: each is a second node for the device of /dev/null (a regular file is refused: "not a valid
#    character or block device", and CUDA_VISIBLE_DEVICES then stays empty). config_overrides lets the node claim more
#    CPUs than the machine has.
for i in $(seq 0 $((NGPU-1))); do [ -c "$B/fakegpu$i" ] || { rm -f "$B/fakegpu$i"; mknod "$B/fakegpu$i" c 1 3; }; done
cat > "$B/etc/gres.conf" <<C
NodeName=n[1-$N] Name=gpu File=$B/fakegpu[0-$((NGPU-1))]
C
echo "CgroupPlugin=cgroup/v1" > "$B/etc/cgroup.conf"      # file must exist; nothing below uses cgroups
cat > "$B/etc/slurm.conf" <<C
ClusterName=ravine
SlurmctldHost=$H(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$B/munge/sock
CredType=cred/munge
SlurmctldPort=$CTLD_PORT
StateSaveLocation=$B/state
SlurmdSpoolDir=$B/spool/%n
SlurmctldPidFile=$B/run/slurmctld.pid
SlurmdPidFile=$B/run/slurmd-%n.pid
SlurmctldLogFile=$B/log/slurmctld.log
SlurmdLogFile=$B/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
GresTypes=gpu
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2,sched_min_interval=100000
ReturnToService=2
MpiDefault=none
KillWait=5
MinJobAge=300
JobRequeue=1
MaxArraySize=1001
JobCompType=jobcomp/filetxt
JobCompLoc=$B/log/jobcomp.txt
$( [ "$SACCT" = 1 ] && printf 'AccountingStorageType=accounting_storage/slurmdbd\nAccountingStorageHost=127.0.0.1\nAccountingStoragePort=%s\nAccountingStoragePass=%s\nAccountingStorageTRES=gres/gpu\nAccountingStorageEnforce=limits,qos\n' "$DBD_PORT" "$B/munge/sock" || echo AccountingStorageType=accounting_storage/none )
NodeName=n[1-$N] NodeHostname=$H NodeAddr=127.0.0.1 Port=$((D_PORT+1))$( [ $N -gt 1 ] && echo "-$((D_PORT+N))" ) CPUs=$CPUS Boards=1 SocketsPerBoard=1 CoresPerSocket=$CPUS ThreadsPerCore=1 RealMemory=$((MEM/N)) Gres=gpu:$NGPU State=UNKNOWN
PartitionName=gpu_test Nodes=n[1-$N] Default=YES MaxTime=01:00:00 DefaultTime=00:10:00 State=UP OverSubscribe=NO
C
export SLURM_CONF="$B/etc/slurm.conf"

# 5. accounting (optional): mariadbd -> slurmdbd -> register the cluster, before slurmctld
if [ "$SACCT" = 1 ]; then
  if ! { [ -s "$B/run/mariadb.pid" ] && kill -0 "$(cat "$B/run/mariadb.pid")" 2>/dev/null; }; then
    mkdir -p "$B/db"; chown mysql: "$B/db"; chmod 700 "$B/db"; mkdir -p "$B/dbrun"; chown mysql: "$B/dbrun"; chmod 755 "$B/dbrun"
    [ -d "$B/db/mysql" ] || mariadb-install-db --no-defaults --user=mysql --datadir="$B/db" --skip-test-db --auth-root-authentication-method=normal >"$B/log/mariadb-install.log" 2>&1
    setsid /usr/sbin/mariadbd --no-defaults --user=mysql --datadir="$B/db" --socket="$B/dbrun/sock" --port=$DB_PORT --bind-address=127.0.0.1 \
      --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 --pid-file="$B/dbrun/pid" >"$B/log/mariadb.log" 2>&1 </dev/null &
    echo $! > "$B/run/mariadb.pid"
    for i in $(seq 100); do mariadb --no-defaults -S "$B/dbrun/sock" -uroot -e 'select 1' >/dev/null 2>&1 && break; sleep 0.1; done
    mariadb --no-defaults -S "$B/dbrun/sock" -uroot -e "create user if not exists slurm@'127.0.0.1' identified by 'slurm'; create user if not exists slurm@'localhost' identified by 'slurm'; grant all on slurm_acct_db.* to slurm@'127.0.0.1'; grant all on slurm_acct_db.* to slurm@'localhost'"
    say "mariadbd up"
  fi
  cat > "$B/etc/slurmdbd.conf" <<C
AuthType=auth/munge
AuthInfo=socket=$B/munge/sock
DbdHost=$H
DbdAddr=127.0.0.1
DbdPort=$DBD_PORT
SlurmUser=root
LogFile=$B/log/slurmdbd.log
PidFile=$B/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$DB_PORT
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
C
  chmod 600 "$B/etc/slurmdbd.conf"
  if ! { [ -s "$B/run/slurmdbd.pid" ] && kill -0 "$(cat "$B/run/slurmdbd.pid")" 2>/dev/null; }; then
    slurmdbd   # reads slurmdbd.conf beside $SLURM_CONF
    for i in $(seq 150); do sacctmgr -n -P list cluster >/dev/null 2>&1 && break; sleep 0.2; done
    sacctmgr -i add cluster ravine >/dev/null 2>&1 || true
    sacctmgr -i add account ravine >/dev/null 2>&1 || true
    sacctmgr -i add user "$(id -un)" account=ravine >/dev/null 2>&1 || true
    sacctmgr -i modify qos normal set "MaxSubmitJobsPerUser=${LIMIT:--1}" >/dev/null 2>&1 || true
    say "slurmdbd up"
  fi
fi

# 6. slurmctld, then slurmd (either order works; the node is idle within about a second)
alive(){ [ -s "$B/run/$1.pid" ] && kill -0 "$(cat "$B/run/$1.pid")" 2>/dev/null; }
alive slurmctld || slurmctld; 
for i in $(seq 100); do scontrol ping 2>/dev/null | grep -q ' UP' && break; sleep 0.1; done; say "slurmctld up"
for i in $(seq $N); do mkdir -p "$B/spool/n$i"; alive slurmd-n$i || slurmd -N n$i; done
for i in $(seq 100); do [ "$(sinfo -h -N -p gpu_test -o %T | grep -c -E '^(idle|mixed|allocated)$')" = $N ] && break; sleep 0.1; done
sinfo -N -o '%N %P %T %c %m %G'; say "ready:  export SLURM_CONF=$SLURM_CONF"
