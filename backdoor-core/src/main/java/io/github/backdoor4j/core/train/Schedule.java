package io.github.backdoor4j.core.train;

/** A schedule in motion: the rate of the current epoch, moved on once per epoch. */
final class Schedule {

  /**
   * What a checkpoint must hold.
   *
   * @param epoch epochs finished
   * @param rate rate of the coming epoch
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

  void epochFinished(double meanLoss) {
    int next = state.epoch() + 1;
    if (!(spec instanceof ScheduleSpec.Plateau plateau)) {
      state = new State(next, rateAt(spec, base, next, state.rate()), state.best(), 0);
      return;
    }
    boolean better = meanLoss < state.best() * (1 - plateau.threshold());
    int bad = better ? 0 : state.bad() + 1;
    boolean drop = bad > plateau.patience();
    state =
        new State(
            next,
            drop ? state.rate() * plateau.factor() : state.rate(),
            better ? meanLoss : state.best(),
            drop ? 0 : bad);
  }

  private static double rateAt(ScheduleSpec spec, double base, int epoch, double current) {
    if (spec instanceof ScheduleSpec.Cosine cosine) {
      double share = (1 + Math.cos(Math.PI * epoch / cosine.period())) / 2;
      return cosine.minimum() + (base - cosine.minimum()) * share;
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
}
