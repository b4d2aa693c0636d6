"""The doors for what everyone does before the joint meeting: signing, and saying how the child is to be heard."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain import commands as c
    from workflows.doors.desk import Accepted, Desk


class Preparation(Desk):
    """Handlers and validators of the preparation."""

    @workflow.update
    async def sign_agreement_to_mediate(self, command: c.SignAgreementToMediate) -> Accepted:
        async with self.heard(command):
            self.sign(command, command.party, command.how, command.version)
        return await self.accept(command, command.party, how=command.how)

    @sign_agreement_to_mediate.validator
    def may_sign_agreement_to_mediate(self, command: c.SignAgreementToMediate) -> None:
        self.judge(command)

    @workflow.update
    async def take_back_signature(self, command: c.TakeBackSignature) -> Accepted:
        async with self.heard(command):
            signature = self.journey.signature(command.party)
            if signature:
                signature.taken_back = True
            self.journey.facts.pop(f"sign/{command.party}", None)
            if command.party not in self.journey.to_sign:  # it had signed before it was asked
                self.journey.to_sign.append(command.party)
            self.ask_to_sign(command.party)
        return await self.accept(command, command.party)

    @take_back_signature.validator
    def may_take_back_signature(self, command: c.TakeBackSignature) -> None:
        self.judge(command)

    @workflow.update
    async def record_childs_voice(self, command: c.RecordChildsVoice) -> Accepted:
        async with self.heard(command):
            self.hear_the_child(command, command.childs_voice)
            self.see_to_the_childs_voice()
        return await self.accept(command, command.party, voice=command.childs_voice, how=command.how)

    @record_childs_voice.validator
    def may_record_childs_voice(self, command: c.RecordChildsVoice) -> None:
        self.judge(command)
