#!/bin/sh
# Times PreAct-ResNet18 on libtorch and on DL4J: ./run.sh [seconds, default 300; at least two rounds are made]
# Needs the artifacts of Backdoor4J in the local Maven repository: ./mvnw install -DskipTests
set -eu
cd "$(dirname "$0")"
../../../mvnw -B -q process-classes
# Both engines get the same threads and the same allocator settings as the launcher ./backdoor4j.
threads=${OMP_NUM_THREADS-$(nproc)}
export OMP_NUM_THREADS="$threads" OPENBLAS_NUM_THREADS="$threads" MALLOC_ARENA_MAX=1 MALLOC_MMAP_MAX_=0 \
  MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=134217728
echo "threads: $threads"
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" Alternate.java "${1-300}"
