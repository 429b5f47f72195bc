package io.github.backdoor4j.testkit;

import io.github.backdoor4j.core.spi.Evaluation;
import io.github.backdoor4j.core.spi.EvaluationContext;
import io.github.backdoor4j.core.spi.Evaluator;
import java.util.List;

/** An evaluator that keeps the contract. */
public class ToyEvaluator implements Evaluator {

  @Override
  public String id() {
    return "toy-count";
  }

  @Override
  public Evaluation evaluate(EvaluationContext context) {
    int count = context.before().triggered().length;
    return new Evaluation(List.of(new Evaluation.Measurement("triggered", count, count)));
  }
}
