package io.github.backdoor4j.core.train;

import io.github.backdoor4j.core.nn.Trainable;

/**
 * One of several models that are trained together, each in its own way.
 *
 * @param name unique among the parts; names its entries in a checkpoint and its loss in the history
 * @param model whose parameters are updated in place
 * @param optimizer update rule with its initial learning rate
 * @param schedule learning rate per epoch or step
 */
public record TrainedPart(
    String name, Trainable model, OptimizerSpec optimizer, ScheduleSpec schedule) {}
