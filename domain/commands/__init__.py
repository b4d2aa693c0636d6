"""What people can ask of a case: one class for each command, with who may, and the free text that goes with it.

A command holds ids and codes only and travels to the workflow as an Update of the same name. Its words (a `Texts`
class) go into an erasable row of the case file beside it and never leave it."""

from domain.commands.any_time import (
    NOBODY_REACHED,
    BringBackTask,
    ChangePolicy,
    CloseCase,
    Hold,
    Pause,
    Reassign,
    Release,
    ReportReturnedLetter,
    Resume,
    TickTask,
    Undo,
    Withdraw,
)
from domain.commands.base import (
    COORDINATORS,
    EVERY_STAFF,
    GUARDIANS,
    MAILBOX,
    MEDIATORS,
    Actor,
    AnswerTexts,
    Change,
    Command,
    How,
    ReasonTexts,
    StaffRole,
    Texts,
)
from domain.commands.breaches import BreachTexts, DecideOnBreach, DecisionTexts, ReportWrongAddress
from domain.commands.changes import (
    AddSupporter,
    CancelMeeting,
    ContactTexts,
    MoveMeeting,
    MoveTexts,
    ReplaceContact,
    ReplaceMediator,
)
from domain.commands.contact import AskForCall, SayHowTheyRead, SayWhenToRing
from domain.commands.corrections import AmendAgreement, AmendmentTexts, CorrectDetails, CorrectRecord, DetailsTexts
from domain.commands.mailbox import NoteAutomaticReply, ReceiveReply, ReplyTexts, ReportBounce
from domain.commands.messages import AddLine, AgainTexts, MessageTexts, ResendLetter, WriteMessage
from domain.commands.next_steps import BringStepForward, PostponeStep, SkipStep, StepChange
from domain.commands.papers import AddPaper, ReleasePaper, TakeBackPaper, TakeBackTexts
from domain.commands.people import AddParty, HideAddress, PartyTexts, RemoveParty, RemovePerson
from domain.commands.preparation import (
    RecordChildsVoice,
    SignAgreementToMediate,
    SignatureTexts,
    TakeBackSignature,
    VoiceTexts,
)
from domain.commands.steps import (
    FIVE_MINUTES,
    AgreementTexts,
    AnswerAllocation,
    AnswerConsent,
    ChooseVisitDate,
    CommentOnAgreement,
    DecideOnSilence,
    FixJointMeeting,
    GiveAvailability,
    GiveFeedback,
    IssueAgreement,
    NewContactTexts,
    OfferMediator,
    OfferVisitDates,
    PlaceTexts,
    RecordAction,
    RecordExplainingCall,
    RecordJointMeeting,
    RecordPermission,
    RecordVisit,
    Slot,
    Term,
    VisitTexts,
    WriteAgreement,
)
from domain.commands.whole_case import LinkCases, ReopenCase, TakeCase, TellApart, UnlinkCases
from domain.parties import TimeOfDay

COMMANDS: dict[str, type[Command]] = {
    command.kind(): command
    for command in (
        RecordExplainingCall,
        RecordPermission,
        AnswerConsent,
        DecideOnSilence,
        OfferMediator,
        AnswerAllocation,
        OfferVisitDates,
        ChooseVisitDate,
        RecordVisit,
        SignAgreementToMediate,
        TakeBackSignature,
        RecordChildsVoice,
        GiveAvailability,
        FixJointMeeting,
        RecordJointMeeting,
        WriteAgreement,
        CommentOnAgreement,
        IssueAgreement,
        RecordAction,
        GiveFeedback,
        MoveMeeting,
        CancelMeeting,
        ReplaceMediator,
        ReplaceContact,
        AddSupporter,
        AskForCall,
        SayWhenToRing,
        SayHowTheyRead,
        CorrectDetails,
        CorrectRecord,
        AmendAgreement,
        AddPaper,
        ReleasePaper,
        TakeBackPaper,
        AddParty,
        RemoveParty,
        RemovePerson,
        HideAddress,
        SkipStep,
        BringStepForward,
        PostponeStep,
        Withdraw,
        Pause,
        Resume,
        Hold,
        Release,
        CloseCase,
        Undo,
        Reassign,
        TickTask,
        BringBackTask,
        ReportReturnedLetter,
        ReportWrongAddress,
        DecideOnBreach,
        WriteMessage,
        AddLine,
        ResendLetter,
        ChangePolicy,
        TakeCase,
        ReopenCase,
        LinkCases,
        UnlinkCases,
        TellApart,
    )
}
"""Every command that a person can give, by its kind; the doors of the API are checked against it."""

EVERY_COMMAND: dict[str, type[Command]] = {
    **COMMANDS,
    **{command.kind(): command for command in (ReceiveReply, NoteAutomaticReply, ReportBounce)},
}
"""Those and what comes out of the mailbox; the doors of the workflow are checked against it."""

WAKING = (ReopenCase, LinkCases, UnlinkCases, TellApart, TakeCase, ReportWrongAddress, DecideOnBreach)
"""What may still be done with a case that has ended: its workflow is begun again to hear it."""
