package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.core.nn.Network;
import io.github.backdoor4j.core.nn.NetworkSpec;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.testkit.ArchitectureContract;

class ConvNextTinyTest implements ArchitectureContract<ConvNextTiny.Options> {

  @Override
  public ConvNextTiny strategy() {
    return new ConvNextTiny();
  }

  @Override
  public ConvNextTiny.Options options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }

  /** With all paths open, which first weights close: nothing could be seen at the taps. */
  @Override
  public Network network(Seed seed) {
    DatasetSpec data = inputs().get(0);
    return NarrowNetworks.initialized(strategy().build(NetworkSpec.of(data), options(data)), seed);
  }
}
