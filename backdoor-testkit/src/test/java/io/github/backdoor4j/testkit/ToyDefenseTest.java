package io.github.backdoor4j.testkit;

class ToyDefenseTest implements DefenseStrategyContract<ToyDefense.Options> {
  @Override
  public ToyDefense strategy() {
    return new ToyDefense();
  }
}
