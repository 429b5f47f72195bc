package io.github.backdoor4j.testkit;

class ToySourceTest implements DatasetSourceContract {
  @Override
  public ToySource source() {
    return new ToySource();
  }
}
