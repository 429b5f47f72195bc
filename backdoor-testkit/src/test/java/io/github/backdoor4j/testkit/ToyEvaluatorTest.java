package io.github.backdoor4j.testkit;

class ToyEvaluatorTest implements EvaluatorContract {
  @Override
  public ToyEvaluator evaluator() {
    return new ToyEvaluator();
  }
}
