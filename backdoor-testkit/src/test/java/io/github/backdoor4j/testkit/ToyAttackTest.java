package io.github.backdoor4j.testkit;

class ToyAttackTest implements PoisoningStrategyContract<ToyAttack.Options> {
  @Override
  public ToyAttack strategy() {
    return new ToyAttack();
  }
}
