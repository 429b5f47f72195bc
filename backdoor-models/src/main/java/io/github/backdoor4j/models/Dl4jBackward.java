package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.require;

import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.VertexIndices;
import org.deeplearning4j.nn.graph.vertex.impl.LayerVertex;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The gradient of a view's logits with respect to its input, in evaluation mode.
 *
 * <p>DL4J's own backward pass keeps no gradient of the input, and differentiates batch
 * normalisation as in training, through batch statistics that evaluation does not use.
 */
final class Dl4jBackward {

  private final Dl4jView view;
  private final ComputationGraph graph;
  private final LayerWorkspaceMgr memory = LayerWorkspaceMgr.noWorkspaces();
  private final @Nullable INDArray[] gradients;

  private Dl4jBackward(Dl4jView view) {
    this.view = view;
    this.graph = view.graph();
    this.gradients = new INDArray[graph.getVertices().length];
  }

  /**
   * Vector-Jacobian product.
   *
   * @param input images in the graph's layout
   * @param gradient of a loss with respect to the logits, N×K
   * @return gradient with respect to the input, in the graph's layout
   */
  static INDArray of(Dl4jView view, INDArray input, INDArray gradient) {
    view.graph().getConfiguration().setInferenceWorkspaceMode(WorkspaceMode.NONE);
    try {
      view.graph().feedForward(new INDArray[] {input}, false, false);
      return new Dl4jBackward(view).run(gradient);
    } finally {
      view.graph().clear();
      view.graph().getConfiguration().setInferenceWorkspaceMode(WorkspaceMode.ENABLED);
    }
  }

  private INDArray run(INDArray gradient) {
    graph.setBackpropGradientsViewArray(
        Nd4j.create(graph.params().dataType(), 1, graph.numParams()));
    gradients[graph.getVertex(view.output()).getVertexIndex()] = gradient;
    int[] order = graph.topologicalSortOrder();
    for (int i = order.length - 1; i >= 0; i--) {
      GraphVertex vertex = graph.getVertices()[order[i]];
      INDArray arrived = gradients[order[i]];
      if (!vertex.isInputVertex() && arrived != null) {
        pass(vertex, arrived);
      }
    }
    String name = graph.getConfiguration().getNetworkInputs().get(0);
    INDArray result = gradients[graph.getVertex(name).getVertexIndex()];
    require(result != null, "no gradient of the DL4J model reaches its input '%s'", name);
    return java.util.Objects.requireNonNull(result);
  }

  private void pass(GraphVertex vertex, INDArray arrived) {
    VertexIndices[] inputs = vertex.getInputVertices();
    INDArray[] left;
    if (vertex instanceof LayerVertex layer && layer.getLayer() instanceof BatchNormalization n) {
      left = new INDArray[] {normalization(layer, n, arrived)};
    } else {
      vertex.setEpsilon(arrived);
      left = vertex.doBackward(false, memory).getSecond();
    }
    for (int i = 0; i < inputs.length; i++) {
      int target = inputs[i].getVertexIndex();
      INDArray before = gradients[target];
      gradients[target] = before == null ? left[i] : before.add(left[i]);
    }
  }

  /** With fixed statistics a normalisation is a factor per channel: γ/√(σ² + ε). */
  private INDArray normalization(LayerVertex vertex, BatchNormalization layer, INDArray arrived) {
    var conf = (org.deeplearning4j.nn.conf.layers.BatchNormalization) layer.conf().getLayer();
    INDArray variance =
        conf.isUseLogStd()
            ? Transforms.pow(
                Nd4j.onesLike(layer.getParam(BatchNormalizationParamInitializer.GLOBAL_LOG_STD))
                    .muli(100),
                layer.getParam(BatchNormalizationParamInitializer.GLOBAL_LOG_STD))
            : layer.getParam(BatchNormalizationParamInitializer.GLOBAL_VAR);
    INDArray factor = Transforms.sqrt(variance.add(conf.getEps())).rdiv(1);
    if (conf.isLockGammaBeta()) {
      factor.muli(conf.getGamma());
    } else {
      factor.muli(layer.getParam(BatchNormalizationParamInitializer.GAMMA));
    }
    long[] broadcast = new long[arrived.rank()];
    java.util.Arrays.fill(broadcast, 1);
    broadcast[view.channelsLast() ? arrived.rank() - 1 : 1] = factor.length();
    INDArray result = arrived.mul(factor.reshape(broadcast));
    return vertex.getLayerPreProcessor() == null
        ? result
        : vertex.getLayerPreProcessor().backprop(result, (int) arrived.size(0), memory);
  }
}
