"""make_model.py DIR: a model of two layers and three million random weights, with a tokenizer, that vLLM serves on a CPU. The same seed
gives the same bytes. It writes nonsense; its token counts, schemas and streams are real."""
import json
import random
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SEED = 0
CONTEXT = 2048
HIDDEN, INNER, LAYERS, HEADS, KV_HEADS = 256, 512, 2, 4, 2
HEAD = HIDDEN // HEADS
SPECIAL = ["<s>", "</s>", "<pad>", "[system]", "[user]", "[assistant]"]

target = Path(sys.argv[1])
target.mkdir(parents=True, exist_ok=True)


def write(name, value):
    (target / name).write_text(json.dumps(value, indent=2) + "\n")


def sentences():
    """Made-up words in sentences, and some JSON, so that braces and quotes are tokens."""
    chance = random.Random(SEED)
    parts = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    words = ["".join(chance.choices(parts, k=chance.randint(1, 4))) for _ in range(5000)]
    for _ in range(3000):
        yield " ".join(chance.choices(words, k=12)) + "."
        record = {chance.choice(words): chance.randint(0, 999), "list": [True, None, chance.choice(words)]}
        yield json.dumps(record)


tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
alphabet = pre_tokenizers.ByteLevel.alphabet()
trainer = trainers.BpeTrainer(vocab_size=4096, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False)
tokenizer.train_from_iterator(sentences(), trainer)
tokenizer.save(str(target / "tokenizer.json"))
vocabulary = tokenizer.get_vocab_size()
write("tokenizer_config.json", {
    "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>",
    "model_max_length": CONTEXT, "clean_up_tokenization_spaces": False,
    "chat_template": "<s>{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}</s>{% endfor %}"
                     "{% if add_generation_prompt %}[assistant]{% endif %}",
})
special_ids = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
write("generation_config.json", special_ids)
write("config.json", {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "bfloat16", "hidden_act": "silu",
    "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS, "head_dim": HEAD, "vocab_size": vocabulary, "max_position_embeddings": CONTEXT,
    "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False, **special_ids,
})

chance = torch.Generator().manual_seed(SEED)


def weights(rows, columns, spread=0.05):
    return (torch.randn(rows, columns, generator=chance) * spread).to(torch.bfloat16)


def ones():
    return torch.ones(HIDDEN, dtype=torch.bfloat16)


tensors = {"model.embed_tokens.weight": weights(vocabulary, HIDDEN, 1.0)}
for layer in range(LAYERS):
    for name, value in {
        "input_layernorm": ones(), "post_attention_layernorm": ones(),
        "self_attn.q_proj": weights(HEADS * HEAD, HIDDEN), "self_attn.k_proj": weights(KV_HEADS * HEAD, HIDDEN),
        "self_attn.v_proj": weights(KV_HEADS * HEAD, HIDDEN), "self_attn.o_proj": weights(HIDDEN, HEADS * HEAD),
        "mlp.gate_proj": weights(INNER, HIDDEN), "mlp.up_proj": weights(INNER, HIDDEN), "mlp.down_proj": weights(HIDDEN, INNER),
    }.items():
        tensors[f"model.layers.{layer}.{name}.weight"] = value
tensors["model.norm.weight"] = ones()
tensors["lm_head.weight"] = weights(vocabulary, HIDDEN)
save_file(tensors, str(target / "model.safetensors"), metadata={"format": "pt"})
# Other users read it too.
(target / "model.safetensors").chmod(0o644)
