package io.github.backdoor4j.core.train;

/** A schedule in motion: the present rate, moved on once per epoch, or once per step. */
final class Schedule {

  /**
   * What a checkpoint must hold.
   *
   * @param epoch epochs finished, or steps where the rate changes with every step
   * @param rate rate of the coming epoch or step
   * @param best lowest loss so far (plateau)
   * @param bad epochs in a row without improvement (plateau)
   */
  record State(int epoch, double rate, double best, int bad) {}

  private final ScheduleSpec spec;
  private final double base;
  private State state;

  Schedule(ScheduleSpec spec, double base) {
    this.spec = spec;
    this.base = base;
    // MAX_VALUE rather than infinity, which JSON cannot hold
    this.state = new State(0, rateAt(spec, base, 0, base), Double.MAX_VALUE, 0);
  }

  double rate() {
    return state.rate();
  }

  State state() {
    return state;
  }

  void state(State restored) {
    state = restored;
  }

  private boolean movesPerStep() {
    return spec instanceof ScheduleSpec.CosinePerStep;
  }

  void stepFinished() {
    if (movesPerStep()) {
      moveOn();
    }
  }

  void epochFinished(double meanLoss) {
    if (spec instanceof ScheduleSpec.Plateau plateau) {
      judge(plateau, meanLoss);
    } else if (!movesPerStep()) {
      moveOn();
    }
  }

  private void moveOn() {
    int next = state.epoch() + 1;
    state = new State(next, rateAt(spec, base, next, state.rate()), state.best(), 0);
  }

  private void judge(ScheduleSpec.Plateau plateau, double meanLoss) {
    boolean better = meanLoss < state.best() * (1 - plateau.threshold());
    int bad = better ? 0 : state.bad() + 1;
    boolean drop = bad > plateau.patience();
    state =
        new State(
            state.epoch() + 1,
            drop ? state.rate() * plateau.factor() : state.rate(),
            better ? meanLoss : state.best(),
            drop ? 0 : bad);
  }

  private static double rateAt(ScheduleSpec spec, double base, int epoch, double current) {
    if (spec instanceof ScheduleSpec.Cosine cosine) {
      return cosine(base, cosine.minimum(), epoch, cosine.period());
    }
    if (spec instanceof ScheduleSpec.CosinePerStep cosine) {
      return cosine(base, cosine.minimum(), epoch, cosine.period());
    }
    if (spec instanceof ScheduleSpec.LinearDecay decay) {
      double way = (double) (epoch - decay.from()) / (decay.until() - decay.from());
      return base * (1 - (1 - decay.factor()) * Math.min(1, Math.max(0, way)));
    }
    if (spec instanceof ScheduleSpec.Step step) {
      int drops = epoch / step.every();
      return base * Math.pow(step.factor(), drops);
    }
    if (spec instanceof ScheduleSpec.MultiStep steps) {
      int passed = (int) steps.at().stream().filter(at -> epoch >= at).count();
      return base * Math.pow(steps.factor(), passed);
    }
    return current;
  }

  private static double cosine(double base, double minimum, int at, int period) {
    return minimum + (base - minimum) * (1 + Math.cos(Math.PI * at / period)) / 2;
  }
}
