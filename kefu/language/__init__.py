"""Language: text, tokens, the encoder, languages and the entities of a catalogue.

Plain Python over numpy: no Rasa, no SQL. torch is imported only by ``export``.
"""
