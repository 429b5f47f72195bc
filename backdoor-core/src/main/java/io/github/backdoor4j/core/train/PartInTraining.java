package io.github.backdoor4j.core.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A model under training with its optimiser and schedule in motion. */
final class PartInTraining {

  private final TrainedPart part;
  private final Optimizer optimizer;
  private final Schedule schedule;

  PartInTraining(TrainedPart part) {
    this.part = part;
    this.optimizer = Optimizer.create(part.optimizer(), part.model().parameters());
    this.schedule = new Schedule(part.schedule(), part.optimizer().learningRate());
  }

  TrainedPart part() {
    return part;
  }

  Schedule schedule() {
    return schedule;
  }

  Optimizer optimizer() {
    return optimizer;
  }

  /** Parameters that follow gradients now; frozen ones stay. */
  Map<String, Tensor> moving() {
    Map<String, Tensor> moving = new LinkedHashMap<>(part.model().parameters());
    moving.values().removeIf(parameter -> !parameter.requires_grad());
    return moving;
  }

  /** Everything a checkpoint must hold as tensors. */
  Map<String, Tensor> tensors() {
    String prefix = part.name().isEmpty() ? "" : part.name() + "/";
    Map<String, Tensor> all = new LinkedHashMap<>();
    part.model().parameters().forEach((name, t) -> all.put(prefix + "parameter/" + name, t));
    part.model().buffers().forEach((name, t) -> all.put(prefix + "buffer/" + name, t));
    optimizer.state().forEach((name, t) -> all.put(prefix + "optimizer/" + name, t));
    return all;
  }
}
