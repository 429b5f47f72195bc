#!/usr/bin/env bash
# What to run first on a machine with a GPU. Into one folder go
#   1. what was found there:          nvidia-smi, 'backdoor4j doctor'
#   2. the speed of a training step:  'backdoor4j benchmark step' in fp32 and bf16, each beside the same step by this machine's
#                                     own PyTorch (peer.py --step) in both layouts of memory, where there is one
#   3. whether CPU and GPU agree:     the loss of the first weights, and C-Acc and ASR of a small attack, with the same seed on both
#   4. what bfloat16 costs:           C-Acc and ASR of that attack in bf16 and in fp32 on the device, mean over three seeds
# and summary.txt with the ratios and the verdicts. Ends with 1 if a command fails or CPU and GPU disagree.
#
#   docs/benchmark/cuda.sh [FOLDER]        default: cuda-check
#
# Needs: an NVIDIA driver, CUDA 13.1, cuDNN 9 and NCCL (see docs/performance.md), a JDK 17 or newer, and for the first start network
# access, since the launcher then builds with -Pcuda. For the comparison, python3 with a torch that sees the GPU. Some 10 minutes.
#
# Variables: DEVICE=cuda   PRECISIONS="fp32 bf16"   BACKDOOR4J=the launcher   PYTHON=python3
#   LIMIT=1800: seconds for one command
#   of a step:        WIDTH=64 BATCH=128 STEPS=20 ROUNDS=5 LAYOUTS="channels-last contiguous"
#   of the agreement: RUN_WIDTH=8 EPOCHS=4
# DEVICE=cpu tries the script out: then WIDTH=8 STEPS=3 PRECISIONS=fp32 unless they are set.
#
# Tolerances: both devices make the same draws, so only rounding differs. On a GPU libtorch convolves fp32 in TF32, with 10 bits
# of mantissa: the first weights' loss may differ by 2 parts in 1,000. Training amplifies rounding: C-Acc may differ by 3 points
# and ASR by 5. The test sets have 2,000 and 1,800 images, so that chance alone moves C-Acc by a point. bf16 is held to a point of
# the mean over three seeds in both, as this project promises of it.
set -uo pipefail
export LC_ALL=C # numbers with decimal points

here=$(cd "$(dirname "$0")" && pwd -P) || exit 1
out=${1:-cuda-check}
DEVICE=${DEVICE:-cuda} PYTHON=${PYTHON:-python3}
case $DEVICE in cpu) WIDTH=${WIDTH:-8} STEPS=${STEPS:-3} PRECISIONS=${PRECISIONS:-fp32} ;; esac
PRECISIONS=${PRECISIONS:-fp32 bf16}
BACKDOOR4J=${BACKDOOR4J:-$here/../../backdoor4j}
WIDTH=${WIDTH:-64} BATCH=${BATCH:-128} STEPS=${STEPS:-20} ROUNDS=${ROUNDS:-5}
LAYOUTS=${LAYOUTS:-channels-last contiguous} RUN_WIDTH=${RUN_WIDTH:-8} EPOCHS=${EPOCHS:-4} LIMIT=${LIMIT:-1800}
LOSS_TOLERANCE=0.002 C_ACC_TOLERANCE=0.03 ASR_TOLERANCE=0.05
case $DEVICE in cuda*) export BACKDOOR4J_BUILD_OPTS=${BACKDOOR4J_BUILD_OPTS--Pcuda} ;; esac

mkdir -p "$out" && out=$(cd "$out" && pwd -P) || exit 1
if [ -n "$(ls -A "$out")" ]; then
  echo "cuda.sh: $out is not empty; name another folder" >&2
  exit 2
fi
failed=0

say() { printf '%s\n' "$*" | tee -a "$out/summary.txt"; }

fail() { failed=1; say "FAILED: $*"; }

# try NAME COMMAND...: standard output to NAME, errors to NAME.err
try() {
  local name=$1
  shift
  printf '%s\n' "$*" >>"$out/commands.txt"
  timeout --foreground "$LIMIT" "$@" >"$out/$name" 2>"$out/$name.err" || { fail "$* (see $name.err)"; return 1; }
}

# number KEY FILE: the first number of that name in JSON
number() { sed -n "s/.*\"$1\" *: *\([-0-9.eE+]*\).*/\1/p" "$2" | head -n 1; }

# --- 1. what is there
say "$(date -u +%Y-%m-%dT%H:%MZ), device $DEVICE"
if command -v nvidia-smi >/dev/null; then
  try nvidia-smi.txt nvidia-smi && say "$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader)"
fi
try doctor.txt "$BACKDOOR4J" doctor

# --- 2. a training step
peer=""
if "$PYTHON" -c "import torch; torch.zeros(1, device='$DEVICE')" 2>"$out/python.err"; then
  peer=yes
  say "PyTorch $("$PYTHON" -c 'import torch; print(torch.__version__, "CUDA", torch.version.cuda)')"
else
  say "no PyTorch that can use $DEVICE: no comparison (see python.err)"
fi

for precision in $PRECISIONS; do
  what="preact-resnet18 width $WIDTH, batches of $BATCH, $precision"
  try "step-$precision.json" "$BACKDOOR4J" benchmark step -M "width=$WIDTH" --batch "$BATCH" --steps "$STEPS" --rounds "$ROUNDS" \
    --precision "$precision" --device "$DEVICE" --json || continue
  ours=$(number trainer "$out/step-$precision.json")
  bare=$(number bare "$out/step-$precision.json")
  say "$what: $(printf '%.0f' "$ours") images/s through Trainer, $(number ratio "$out/step-$precision.json") of the bare step"
  [ -n "$peer" ] || continue
  for layout in $LAYOUTS; do
    name=peer-$precision-$layout.json
    try "$name" "$PYTHON" -B "$here/peer.py" --step --width "$WIDTH" --batch "$BATCH" --steps "$STEPS" --rounds "$ROUNDS" \
      --precision "$precision" --layout "$layout" --device "$DEVICE" || continue
    theirs=$(number images_per_second "$out/$name")
    say "$what: $(printf '%.0f' "$theirs") images/s by PyTorch, $layout;" \
      "$(awk -v a="$ours" -v b="$bare" -v c="$theirs" \
        'BEGIN { printf "Trainer %.3f of it, bare step %.3f of it", a / c, b / c }')"
  done
done

# --- 3. CPU and GPU
# small NAME DEVICE SEED OPTIONS...: one attack; its record becomes NAME.json
small() {
  local name=$1 device=$2 seed=$3
  shift 3
  try "$name.txt" "$BACKDOOR4J" run -q --preset quick --attack badnets --model preact-resnet18 -M "width=$RUN_WIDTH" --seeds "$seed" \
    --watch 0 --no-control --device "$device" --out "$out/run/$name" "$@" || return 1
  cp "$out/run/$name"/cells/*/record.json "$out/$name.json" || { fail "no record of $name"; return 1; }
}

# measured NAME FILE: a loss of the first epoch, or a measurement of the record
measured() {
  case $1 in
    loss) number loss "$2" ;;
    *) number value <(grep -A 1 "\"name\" *: *\"$1\"" "$2") ;;
  esac
}

# agree WHAT NAME PAIR TOLERANCE relative|absolute
agree() {
  local cpu gpu verdict
  cpu=$(measured "$2" "$out/$3-cpu.json")
  gpu=$(measured "$2" "$out/$3-device.json")
  verdict=$(awk -v a="$cpu" -v b="$gpu" -v t="$4" -v kind="$5" 'BEGIN {
    d = a > b ? a - b : b - a
    if (kind == "relative") d /= a
    printf "%s %.6f", (a "" != "" && b "" != "" && d <= t) ? "agree" : "DISAGREE", d }')
  say "$1: $cpu on cpu, $gpu on $DEVICE: $verdict (${5} difference, up to $4 allowed)"
  case $verdict in agree*) ;; *) fail "$1" ;; esac
}

# an epoch with next to no learning rate: every step sees the first weights, so nothing is amplified
if small first-cpu cpu 0 --epochs 1 -T optimizer.learning_rate=1e-12 &&
  small first-device "$DEVICE" 0 --epochs 1 -T optimizer.learning_rate=1e-12; then
  agree "loss of the first weights" loss first "$LOSS_TOLERANCE" relative
fi
if small trained-cpu cpu 0 --epochs "$EPOCHS" && small trained-device "$DEVICE" 0 --epochs "$EPOCHS"; then
  agree "C-Acc after $EPOCHS epochs" c_acc trained "$C_ACC_TOLERANCE" absolute
  agree "ASR after $EPOCHS epochs" asr trained "$ASR_TOLERANCE" absolute
fi

# --- 4. bfloat16 and 32 bits
# mean NAME PRECISION: over the seeds
mean() {
  for seed in 0 1 2; do measured "$1" "$out/$2-$seed.json"; done | awk '{ s += $1 } END { if (NR == 3) printf "%.6f", s / 3 }'
}

case " $PRECISIONS " in *" bf16 "*)
  complete=yes
  for seed in 0 1 2; do
    for precision in fp32 bf16; do
      small "$precision-$seed" "$DEVICE" "$seed" --epochs "$EPOCHS" -T precision="$precision" || complete=""
    done
  done
  for name in c_acc asr; do
    [ -n "$complete" ] || continue
    wide=$(mean "$name" fp32) narrow=$(mean "$name" bf16)
    verdict=$(awk -v a="$wide" -v b="$narrow" 'BEGIN {
      d = a > b ? a - b : b - a
      printf "%s %.4f", (a "" != "" && b "" != "" && d <= 0.01) ? "agree" : "DISAGREE", d }')
    say "mean $name of three seeds: $wide in fp32, $narrow in bf16: $verdict (0.01 allowed)"
    case $verdict in agree*) ;; *) fail "$name of bf16" ;; esac
  done
  ;;
esac

[ "$failed" = 0 ] && say "all done" || say "something failed"
exit "$failed"
